"""What Humanloop ran for its users: models, judges, tools, agents, and the jobs that need no request."""
