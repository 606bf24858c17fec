import { HumanloopClient } from "humanloop";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { answer } from "./answer.js";
import { startEmulator } from "./emulator.js";

let emulator: Awaited<ReturnType<typeof startEmulator>>;
let client: HumanloopClient;

beforeAll(async () => {
    emulator = await startEmulator();
    client = new HumanloopClient({ apiKey: "any", baseUrl: emulator.baseUrl });
});
beforeEach(() => emulator.reset());
afterAll(() => emulator?.stop());

test("the answer is the model's", async () => {
    await emulator.post("models", { match: { message: "France" }, reply: "Paris" });
    expect(await answer(client, "What is the capital of France?")).toBe("Paris");
});

test("each test starts from the seed", async () => {
    const prompts = await client.prompts.list();
    expect(prompts.data).toEqual([]);
});
