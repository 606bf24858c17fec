"""Model providers: where the answers of Prompts, Agents and LLM evaluators come from."""
