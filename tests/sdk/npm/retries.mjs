// Lets the npm SDK meet faults and prints what it did about them: node retries.mjs <base URL> <key>
import humanloop from "humanloop";

const [baseUrl, apiKey] = process.argv.slice(2);
const faults = baseUrl.replace("/v5", "/_emulator/faults");
const client = new humanloop.HumanloopClient({ baseUrl, apiKey });

// The client's pauses between attempts are noted, not waited for.
const pauses = [];
const setTimer = globalThis.setTimeout;
globalThis.setTimeout = (call, delay, ...rest) => {
  const pause = delay >= 500 && delay <= 3000;
  if (pause) pauses.push(delay);
  return setTimer(call, pause ? 0 : delay, ...rest);
};

async function meet(rules, call = () => client.flows.upsert({ path: "Npm/Retried", attributes: { a: 1 } })) {
  const ids = [];
  for (const rule of rules) {
    const body = JSON.stringify({ path: "/flows", ...rule });
    const answer = await fetch(faults, { method: "POST", body, headers: { "Content-Type": "application/json" } });
    ids.push((await answer.json()).id);
  }
  pauses.length = 0;
  const seen = {};
  try {
    seen.path = (await call()).path;
  } catch (error) {
    Object.assign(seen, { statusCode: error.statusCode, body: error.body, message: error.message });
  }
  seen.pauses = [...pauses];
  const { faults: rules_ } = await (await fetch(faults)).json();
  seen.matched = rules_.filter((rule) => ids.includes(rule.id)).map((rule) => rule.matched);
  await fetch(faults, { method: "DELETE" });
  return seen;
}

console.log(
  JSON.stringify({
    limited: await meet([{ status: 429, retry_after: 7, times: 1 }]),
    recovering: await meet([{ status: 503, times: 2 }]),
    timedOut: await meet([{ status: 408, times: 1 }]),
    down: await meet([{ status: 503 }]),
    taken: await meet([{ status: 409, times: 1 }]),
    cut: await meet([{ cut: true, times: 1 }]),
    truncated: await meet([{ truncate: 20, times: 1 }]),
    asked: await meet([{ status: 503 }], () =>
      client.flows.upsert({ path: "Npm/Retried", attributes: { a: 1 } }, { maxRetries: 0 }),
    ),
  }),
);
