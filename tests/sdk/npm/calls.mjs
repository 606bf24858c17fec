// Lets the npm SDK call prompts that the server runs, and prints what it saw: node calls.mjs <base URL> <key>
import humanloop from "humanloop";

const [baseUrl, apiKey] = process.argv.slice(2);
const client = new humanloop.HumanloopClient({ baseUrl, apiKey });
const template = [{ role: "user", content: "What is the capital of {{country}}?" }];
const request = { path: "Npm/Question", prompt: { model: "gpt-4o", template }, inputs: { country: "Brazil" } };

await fetch(baseUrl.replace("/v5", "/_emulator/models"), {
  method: "POST",
  body: JSON.stringify({
    match: { model: "npm-broken" },
    error: { status: 429, type: "rate_limit", message: "Too many requests." },
  }),
  headers: { "Content-Type": "application/json" },
});
const broken = { path: "Npm/Broken", prompt: { model: "npm-broken" }, messages: [{ role: "user", content: "Hi" }] };

async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return { name: error.constructor.name, message: error.message, statusCode: error.statusCode };
  }
}

const answer = await client.prompts.call({ ...request, numSamples: 2 });
const events = [];
for await (const event of await client.prompts.callStream(request)) events.push(event);
const streamed = await client.logs.get(events[0].id);
console.log(
  JSON.stringify({
    outputs: answer.logs.map((log) => [log.index, log.output]),
    message: answer.logs[0].outputMessage.content,
    pieces: events.map((event) => event.output),
    reason: events.at(-1).finishReason,
    streamed: { output: streamed.output, sameVersion: streamed.prompt.versionId === answer.prompt.versionId },
    refused: await failure(client.prompts.call(broken, { maxRetries: 0 })),
    refusedStream: await failure(client.prompts.callStream(broken, { maxRetries: 0 })),
    incomplete: await failure(client.prompts.call({ ...request, inputs: {} })),
  }),
);
