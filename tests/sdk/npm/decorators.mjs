// Records a flow, a tool and a prompt with the npm SDK, and prints the traces: node decorators.mjs <base URL> <key>
import humanloop from "humanloop";

const [baseUrl, apiKey] = process.argv.slice(2);

// The SDK sends spans without telling when they have arrived: it is seen by its requests.
const sent = [];
const ids = [];
const send = globalThis.fetch;
globalThis.fetch = (url, options) => {
  const answer = send(url, options);
  if (String(url).endsWith("/import/otel/v1/traces")) {
    sent.push(answer);
    const [span] = JSON.parse(options.body).resourceSpans[0].scopeSpans[0].spans;
    ids.push(span.traceId, span.spanId);
  }
  return answer;
};

// The client library of a provider, as far as the SDK instruments it.
class Completions {
  create({ model, messages }) {
    const message = { role: "assistant", content: `You will love ${messages.at(-1).content}.` };
    const choices = [{ index: 0, finish_reason: "stop", message }];
    const answer = Promise.resolve({ id: "1", model, choices, usage: { prompt_tokens: 9, completion_tokens: 6 } });
    return Object.assign(answer, { _thenUnwrap: (change) => answer.then(change) });
  }
}
const OpenAI = { Chat: { Completions }, Completions: class { create() {} } };

const client = new humanloop.HumanloopClient({ baseUrl, apiKey, instrumentProviders: { OpenAI } });
const completions = new Completions();

const capitalOf = client.tool({
  path: "Npm/Capital of",
  callable: ({ country }) => {
    if (country === "Atlantis") throw new Error(`${country} is on no map.`);
    return { capital: "Lima" };
  },
  version: {
    function: {
      name: "capital_of",
      description: "Find the capital of a country.",
      parameters: { type: "object", properties: { country: { type: "string" } } },
    },
  },
});

const praise = client.prompt({
  path: "Npm/Praise",
  callable: async ({ city }) => {
    const messages = [{ role: "user", content: city }];
    const answer = await completions.create({ model: "gpt-4o", temperature: 0.3, messages });
    return answer.choices[0].message.content;
  },
});

const assist = client.flow({
  path: "Npm/Assistant",
  attributes: { style: "enthusiastic" },
  callable: async ({ country }) => {
    if (!country) throw new Error("Where to?");
    const found = await capitalOf({ country });
    if (!found) return "Nobody has come back yet.";
    const asked = await client.prompts.call({
      path: "Npm/Called",
      prompt: { model: "gpt-4o", template: [{ role: "user", content: "What is the capital of {{country}}?" }] },
      inputs: { country },
    });
    return `${await praise({ city: found.capital })}, ${asked.logs[0].output}`;
  },
});

const outputs = [];
for (const country of ["Peru", "Atlantis", ""]) outputs.push((await assist({ country })) ?? null);
const statuses = (await Promise.all(sent)).map((answer) => answer.status);

function outline(log) {
  const file = log.flow ?? log.tool ?? log.prompt;
  return [file.path, log.output ?? log.error, ...(log.traceChildren ?? []).map(outline).sort()];
}

const flow = await client.files.retrieveByPath({ path: "Npm/Assistant" });
const logs = [];
for await (const log of await client.logs.list({ fileId: flow.id })) logs.unshift(await client.logs.get(log.id));
const child = (path) => logs[0].traceChildren.find((log) => (log.tool ?? log.prompt).path === path);
const recorded = child("Npm/Praise");
console.log(
  JSON.stringify({
    outputs,
    sent: statuses,
    hexadecimal: ids.every((id) => /^([0-9a-f]{16}|[0-9a-f]{32})$/.test(id)),
    attributes: flow.attributes,
    states: logs.map((log) => log.logStatus),
    traces: logs.map(outline),
    inputs: child("Npm/Capital of").inputs,
    prompt: {
      model: recorded.prompt.model,
      provider: recorded.prompt.provider,
      temperature: recorded.prompt.temperature,
      messages: recorded.messages.map((message) => [message.role, message.content]),
      tokens: [recorded.promptTokens, recorded.outputTokens],
    },
  }),
);
