"""What Humanloop ran for its users: models, tools, agents, evaluators, and jobs in the background."""
