import { HumanloopClient } from "humanloop";

export async function answer(client: HumanloopClient, question: string) {
    const call = await client.prompts.call({
        path: "qa/Answer",
        prompt: { model: "gpt-4o", template: "Answer briefly: {{question}}" },
        inputs: { question },
    });
    return call.logs[0].output;
}
