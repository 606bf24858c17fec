// The twenty steps with whichever version of the npm SDK is installed beside this file:
// node program.mjs <base URL> <key> <file for the outcomes>
//
// As program.py: a step that the version has no methods for is absent; whatever a step finds wrong, it throws.
import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import humanloop from "humanloop";

const [baseUrl, apiKey, outcomes] = process.argv.slice(2);
const SECONDS = 60; // after which a step that does not end has failed
const model = "gpt-4o";
const question = [{ role: "user", content: "What is the capital of {{country}}?" }];
const capitals = [
  { inputs: { country: "France" }, target: { capital: "Paris" } },
  { inputs: { country: "Kenya" }, target: { capital: "Nairobi" } },
  { inputs: { country: "Peru" }, target: { capital: "Lima" } },
];
const numbers = [0, 1, 2].map((n) => ({ inputs: { number: String(n) }, target: { square: String(n * n) } }));
const judging = { argumentsType: "target_required", returnType: "boolean" };
const python = { evaluatorType: "python", ...judging };
const squared = "def squared(log, testcase):\n    return log['output'] == testcase['target']['square']\n";
const answered = "def answered(log, testcase):\n    return log['output'] == testcase['target']['capital']\n";
const shout = {
  name: "shout",
  description: "Say it louder.",
  parameters: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
};
const numbered = { type: "object", properties: { number: { type: "string" } }, required: ["number"] };

// The client library of a provider, as far as the SDK instruments it.
class Completions {
  create({ model, messages }) {
    const message = { role: "assistant", content: String(Number(messages.at(-1).content) ** 2) };
    const choices = [{ index: 0, finish_reason: "stop", message }];
    const answer = Promise.resolve({ id: "1", model, choices, usage: { prompt_tokens: 9, completion_tokens: 6 } });
    return Object.assign(answer, { _thenUnwrap: (change) => answer.then(change) });
  }
}
const OpenAI = { Chat: { Completions }, Completions: class { create() {} } };
const client = new humanloop.HumanloopClient({ baseUrl, apiKey, instrumentProviders: { OpenAI } });

class Absent extends Error {}

const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
const only = (record, ...names) => Object.fromEntries(names.map((name) => [name, record[name]]));

async function all(pager) {
  const items = [];
  for await (const item of await pager) items.push(item);
  return items;
}

// Read until it is as expected: judges work behind the request, and nothing tells when spans have arrived.
async function until(read, ready) {
  for (;;) {
    const seen = await read();
    if (ready(seen)) return seen;
    await pause(0.05);
  }
}

async function sameVersion(part, content) {
  const first = await client[part].upsert(content);
  const second = await client[part].upsert(content);
  assert.equal(second.versionId, first.versionId);
  assert.equal(second.path, content.path);
  return client[part].get(second.id);
}

// Let the SDK run an evaluation, and look at what the server made of it.
async function evaluate(name, datapoints, file, ...evaluators) {
  const dataset = { path: `${name}/Dataset`, datapoints };
  const checks = await client.evaluations.run({ name, file, dataset, evaluators });
  const expected = evaluators.map(({ path }) => [path, true]);
  assert.deepEqual(checks.map((check) => [check.path, check.thresholdCheck]), expected);
  const stats = await client.evaluations.getStats(checks[0].evaluationId);
  assert.equal(stats.status, "completed");
  assert.deepEqual(stats.runStats[0].evaluatorStats.map((item) => item.numJudgments), evaluators.map(() => 3));
}

const right = {
  returnType: "boolean",
  argsType: "target_required",
  callable: ({ log, datapoint }) => log.output === datapoint.target.square,
  threshold: 0.9,
};

function decorated(folder) {
  const completions = new Completions();
  const double = client.tool({
    path: `${folder}/Tool`,
    callable: ({ number }) => String(2 * number),
    version: { function: { ...shout, name: "double", parameters: numbered } },
  });
  const ask = client.prompt({
    path: `${folder}/Prompt`,
    callable: async ({ number }) => {
      const answer = await completions.create({ model, messages: [{ role: "user", content: number }] });
      return answer.choices[0].message.content;
    },
  });
  return client.flow({
    path: `${folder}/Flow`,
    attributes: { style: "brief" },
    callable: async ({ number }) => {
      await double({ number });
      return ask({ number });
    },
  });
}

const steps = {
  async prompt() {
    const seen = await sameVersion("prompts", { path: "Upsert/Prompt", model, template: question, temperature: 0.5 });
    assert.deepEqual(only(seen, "model", "temperature"), { model, temperature: 0.5 });
    assert.equal(seen.template[0].content, question[0].content);
  },
  async tool() {
    const seen = await sameVersion("tools", { path: "Upsert/Tool", function: shout });
    assert.equal(seen.function.name, "shout");
  },
  async flow() {
    const seen = await sameVersion("flows", { path: "Upsert/Flow", attributes: { style: "brief" } });
    assert.deepEqual(seen.attributes, { style: "brief" });
  },
  async agent() {
    if (!client.agents) throw new Absent();
    const seen = await sameVersion("agents", { path: "Upsert/Agent", model, template: question });
    assert.equal(seen.model, model);
  },
  async dataset() {
    const { id } = await sameVersion("datasets", { path: "Upsert/Dataset", datapoints: numbers });
    const whole = await client.datasets.get(id, { includeDatapoints: true });
    assert.deepEqual(whole.datapoints.map((point) => point.inputs.number), ["0", "1", "2"]);
    assert.equal((await all(client.datasets.listDatapoints(id, { size: 2 }))).length, 3);
    const datapoints = [{ inputs: { number: "9" } }];
    const more = await client.datasets.upsert({ path: "Upsert/Dataset", action: "add", datapoints });
    assert.equal(more.datapointsCount, 4);
  },
  async evaluator() {
    const spec = { ...python, code: squared };
    const seen = await sameVersion("evaluators", { path: "Upsert/Evaluator", spec });
    assert.equal(seen.spec.code, squared);
  },
  async lists() {
    await client.prompts.upsert({ path: "Lists/Prompt", model });
    await client.tools.upsert({ path: "Lists/Tool", function: shout });
    await client.flows.upsert({ path: "Lists/Flow", attributes: {} });
    await client.datasets.upsert({ path: "Lists/Dataset", datapoints: numbers });
    await client.evaluators.upsert({ path: "Lists/Evaluator", spec: { evaluatorType: "external", ...judging } });
    const expected = ["dataset", "evaluator", "flow", "prompt", "tool"];
    for (const kind of expected) {
      const files = (await all(client[`${kind}s`].list({ size: 50 }))).filter((file) => file.path.startsWith("Lists/"));
      assert.deepEqual(files.map((file) => file.type), [kind]);
    }
    const { records } = await client.files.listFiles({ size: 100, sortBy: "name", order: "asc" });
    const listed = records.filter((file) => file.path.startsWith("Lists/"));
    assert.deepEqual(listed.map((file) => file.type), expected);
    const found = await client.files.retrieveByPath({ path: "Lists/Tool" });
    assert.equal(found.function.name, "shout");
  },
  async versions() {
    const { id, ...first } = await client.prompts.upsert({ path: "Versions/Prompt", model, temperature: 0 });
    const second = await client.prompts.upsert({ path: "Versions/Prompt", model, temperature: 1 });
    const { records } = await client.prompts.listVersions(id);
    assert.deepEqual(records.map((version) => version.versionId), [second.versionId, first.versionId]);
    await client.prompts.patchPromptVersion(id, second.versionId, { name: "Warmer" });
    const staging = (await client.prompts.listEnvironments(id)).find((environment) => environment.name === "staging");
    await client.prompts.setDeployment(id, staging.id, { versionId: second.versionId });
    const deployed = await client.prompts.get(id, { environment: "staging" });
    assert.deepEqual(only(deployed, "versionId", "versionName"), { versionId: second.versionId, versionName: "Warmer" });
    assert.equal((await client.prompts.get(id)).versionId, first.versionId);
    await client.prompts.removeDeployment(id, staging.id);
  },
  async directories() {
    const { id } = await client.directories.create({ path: "Directories/Inner" });
    await client.flows.upsert({ path: "Directories/Inner/Flow", attributes: {} });
    assert.deepEqual((await client.directories.get(id)).files.map((file) => file.type), ["flow"]);
    assert.ok((await client.directories.list()).some((directory) => directory.path === "Directories/Inner"));
    await client.directories.update(id, { name: "Renamed" });
    assert.equal((await client.directories.get(id)).path, "Directories/Renamed");
  },
  async monitoring() {
    const code = "def size(log):\n    return len(log['output'])\n";
    const spec = { evaluatorType: "python", argumentsType: "target_free", returnType: "number", code };
    const { versionId } = await client.evaluators.upsert({ path: "Monitoring/Length", spec });
    const { id } = await client.prompts.upsert({ path: "Monitoring/Prompt", model });
    const watched = await client.prompts.updateMonitoring(id, { activate: [{ evaluatorVersionId: versionId }] });
    assert.deepEqual(watched.evaluators.map((item) => item.state), ["active"]);
    const log = await client.prompts.log({ path: "Monitoring/Prompt", output: "four" });
    const judged = (seen) => seen.evaluatorLogs.length > 0 && seen.evaluatorLogs[0].judgment !== undefined;
    const seen = await until(() => client.logs.get(log.id), judged);
    assert.deepEqual(seen.evaluatorLogs.map((item) => item.judgment), [4]);
  },
  async log() {
    const made = await client.prompts.log({
      path: "Logs/Prompt",
      prompt: { model, template: question },
      inputs: { country: "Peru" },
      output: "Lime",
      messages: [{ role: "user", content: "What is the capital of Peru?" }],
      startTime: new Date(),
      endTime: new Date(Date.now() + 1000),
      metadata: { by: "matrix" },
    });
    await client.prompts.updateLog(made.promptId, made.id, { output: "Lima" });
    const seen = await client.logs.get(made.id);
    assert.deepEqual([seen.output, seen.inputs, seen.metadata], ["Lima", { country: "Peru" }, { by: "matrix" }]);
    assert.equal(seen.prompt.versionId, made.versionId);
  },
  async trace() {
    const flow = { attributes: { v: "1" } };
    const { id } = await client.flows.log({ path: "Trace/Flow", flow, logStatus: "incomplete" });
    await client.prompts.log({ path: "Trace/Prompt", prompt: { model }, output: "Lima", traceParentId: id });
    await client.tools.log({ path: "Trace/Tool", tool: { function: shout }, output: "LIMA", traceParentId: id });
    await client.flows.updateLog(id, { output: "LIMA!", logStatus: "complete" });
    const seen = await client.logs.get(id);
    assert.deepEqual(only(seen, "output", "logStatus"), { output: "LIMA!", logStatus: "complete" });
    assert.deepEqual(seen.traceChildren.map((child) => child.output).sort(), ["LIMA", "Lima"]);
  },
  async logs() {
    const made = [];
    for (const n of [0, 1, 2]) {
      made.push(await client.flows.log({ path: "Listed/Flow", flow: { attributes: {} }, output: `answer ${n}` }));
    }
    const fileId = made[0].flowId;
    const listed = await all(client.logs.list({ fileId, size: 2 }));
    assert.deepEqual(listed.map((log) => log.output), ["answer 2", "answer 1", "answer 0"]);
    const found = await all(client.logs.list({ fileId, search: "answer 1" }));
    assert.deepEqual(found.map((log) => log.id), [made[1].id]);
    const startDate = new Date(Date.now() + 86_400_000);
    assert.deepEqual(await all(client.logs.list({ fileId, startDate })), []);
    await client.logs.delete({ id: [made[0].id, made[1].id] });
    assert.deepEqual((await all(client.logs.list({ fileId }))).map((log) => log.id), [made[2].id]);
  },
  async call() {
    const request = { path: "Call/Prompt", inputs: { country: "France" } };
    const answer = await client.prompts.call({ ...request, prompt: { model, template: question } });
    assert.deepEqual(answer.logs.map((log) => log.output), ["Paris"]);
    assert.equal((await client.logs.get(answer.id)).output, "Paris");
    const pieces = await all(client.prompts.callStream(request));
    assert.equal(pieces.map((piece) => piece.output).join(""), "Paris");
    assert.equal((await client.logs.get(pieces[0].id)).output, "Paris");
  },
  async agent_call() {
    if (!client.agents || !client.tools.call) throw new Absent();
    const inputs = { country: "France" };
    const answer = await client.agents.call({ path: "Call/Agent", agent: { model, template: question }, inputs });
    assert.equal(answer.output, "Paris");
  },
  async decorators() {
    assert.equal(await decorated("Decorators")({ number: "3" }), "9");
    const file = await client.files.retrieveByPath({ path: "Decorators/Flow" });
    assert.deepEqual(file.attributes, { style: "brief" });
    const [{ id }] = await all(client.logs.list({ fileId: file.id }));
    const flow = await until(
      () => client.logs.get(id),
      (seen) => seen.logStatus === "complete" && seen.traceChildren.length === 2,
    );
    assert.deepEqual([flow.output, flow.inputs], ["9", { number: "3" }]);
    const prompt = flow.traceChildren.find((child) => child.prompt);
    assert.deepEqual(flow.traceChildren.map((child) => child.output).sort(), ["6", "9"]);
    assert.deepEqual([prompt.prompt.model, prompt.messages[0].content], [model, "3"]);
  },
  async evaluation() {
    const content = { path: "Evaluation/Dataset", datapoints: numbers, includeDatapoints: true };
    const dataset = await client.datasets.upsert(content);
    const { id, versionId } = await client.flows.upsert({ path: "Evaluation/Flow", attributes: { v: "1" } });
    await client.evaluators.upsert({ path: "Evaluation/Right", spec: { evaluatorType: "external", ...judging } });
    const evaluators = [{ path: "Evaluation/Right" }];
    const evaluation = await client.evaluations.create({ name: "By hand", file: { id }, evaluators });
    const run = await client.evaluations.createRun(evaluation.id, {
      dataset: { versionId: dataset.versionId },
      version: { versionId },
      orchestrated: false,
    });
    const made = [];
    for (const [n, point] of dataset.datapoints.entries()) {
      const joins = n < 2 ? { runId: run.id } : {};
      made.push(await client.flows.log({ id, versionId, output: String(n), sourceDatapointId: point.id, ...joins }));
    }
    await client.evaluations.addLogsToRun(evaluation.id, run.id, { logIds: [made[2].id] });
    for (const [n, log] of made.entries()) {
      await client.evaluators.log({ path: "Evaluation/Right", parentId: log.id, judgment: n < 2 });
    }
    const stats = await client.evaluations.getStats(evaluation.id);
    const [{ numLogs, evaluatorStats }] = stats.runStats;
    const [{ numTrue, numFalse }] = evaluatorStats;
    assert.deepEqual([stats.status, numLogs, numTrue, numFalse], ["completed", 3, 2, 1]);
    assert.equal((await client.evaluations.getLogs(evaluation.id)).records.length, 3);
    const found = await all(client.evaluations.list({ fileId: id }));
    assert.deepEqual(found.map((item) => item.name), ["By hand"]);
  },
  async local_evaluators() {
    const callable = ({ number }) => String(number ** 2);
    const file = { path: "Local/Flow", type: "flow", version: { v: "1" }, callable };
    const length = {
      path: "Local/Length",
      returnType: "number",
      argsType: "target_free",
      callable: ({ log }) => log.output.length,
      threshold: 1,
    };
    await evaluate("Local", numbers, file, { path: "Local/Right", ...right }, length);
  },
  async server_evaluators() {
    await client.evaluators.upsert({ path: "Server/Right", spec: { ...python, code: answered } });
    const file = { path: "Server/Prompt", type: "prompt", version: { model, template: question } };
    await evaluate("Server", capitals, file, { path: "Server/Right", threshold: 0.9 });
  },
  async decorated_run() {
    const file = { path: "Decorated/Flow", type: "flow", callable: decorated("Decorated") };
    await evaluate("Decorated", numbers, file, { path: "Decorated/Right", ...right });
  },
};

function late() {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`It has not ended after ${SECONDS} seconds.`)), 1000 * SECONDS).unref();
  });
}

for (const [step, work] of Object.entries(steps)) {
  let [outcome, reason] = ["passed", ""];
  try {
    await Promise.race([work(), late()]);
  } catch (error) {
    outcome = error instanceof Absent ? "absent" : "failed";
    if (outcome === "failed") {
      console.error(error);
      reason = `${error.name}: ${error.message}`;
    }
  }
  appendFileSync(outcomes, `${JSON.stringify({ step, outcome, reason })}\n`);
}
process.exit(0); // what a step left behind may wait for ever
