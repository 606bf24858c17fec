// A Humanloop emulator for tests: start it once, reset it before each test, stop it at the end.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export async function startEmulator(...options: string[]) {
    const command = ["--db", ":memory:", "--port", "0", ...options];
    const server = spawn("humanloop-emulator", command, { stdio: ["ignore", "pipe", "inherit"] });
    process.once("exit", () => server.kill());
    const ended = once(server, "exit").then(() => Promise.reject(new Error("The emulator did not start.")));
    const [line] = await Promise.race([once(createInterface({ input: server.stdout }), "line"), ended]);
    ended.catch(() => {}); // from here on it may end
    const url = line.match(/http:\S+/)[0];
    const post = async (path: string, body: unknown = {}) => {
        const headers = { "Content-Type": "application/json" };
        const answer = await fetch(`${url}/_emulator/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
        if (!answer.ok) throw new Error(await answer.text());
    };
    return { baseUrl: `${url}/v5`, post, reset: () => post("reset"), stop: () => server.kill() };
}
