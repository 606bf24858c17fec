/**
 * Record an assistant for travellers that is written with the Vercel AI SDK, and print its traces.
 *
 * Start the server with `python run.py`, then in this folder: `npm install` and `npm start`.
 * No model is called: `model` stands for that of a provider, such as `openai("gpt-4o")`.
 */

import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { generateText, stepCountIs, streamText, tool } from "ai";
import { MockLanguageModelV2, simulateReadableStream } from "ai/test";
import { z } from "zod";

const BASE_URL = process.env.HUMANLOOP_BASE_URL ?? "http://127.0.0.1:8904/v5";
const HEADERS = { "X-API-KEY": process.env.HUMANLOOP_API_KEY ?? "any" };

const provider = new NodeTracerProvider({
  resource: resourceFromAttributes({ "service.name": "travel" }),
  spanProcessors: [
    new BatchSpanProcessor(new OTLPTraceExporter({ url: `${BASE_URL}/import/otel/v1/traces`, headers: HEADERS })),
  ],
});
provider.register();

const CAPITALS: Record<string, string> = { Peru: "Lima", Chile: "Santiago" };
const usage = { inputTokens: 20, outputTokens: 8, totalTokens: 28 };

/** Asks for the capital first, and tells it once the tool has answered. */
const model = new MockLanguageModelV2({
  provider: "openai.chat",
  modelId: "gpt-4o",
  doGenerate: async ({ prompt }) => {
    const last = prompt[prompt.length - 1];
    if (last.role !== "tool") {
      const input = JSON.stringify({ country: "Peru" });
      const call = { type: "tool-call" as const, toolCallId: "call_1", toolName: "capital", input };
      return { content: [call], finishReason: "tool-calls" as const, usage, warnings: [] };
    }
    const text = "The capital of Peru is Lima.";
    return { content: [{ type: "text" as const, text }], finishReason: "stop" as const, usage, warnings: [] };
  },
  doStream: async () => ({
    stream: simulateReadableStream({
      chunks: [
        { type: "stream-start" as const, warnings: [] },
        { type: "text-start" as const, id: "1" },
        { type: "text-delta" as const, id: "1", delta: "You will " },
        { type: "text-delta" as const, id: "1", delta: "love it." },
        { type: "text-end" as const, id: "1" },
        { type: "finish" as const, finishReason: "stop" as const, usage },
      ],
    }),
  }),
});

const capital = tool({
  description: "Look up the capital of a country.",
  inputSchema: z.object({ country: z.string() }),
  execute: async ({ country }) => CAPITALS[country] ?? "unknown",
});

/** Say where the Logs of a call belong. */
function telemetry(prompt: string) {
  const metadata = { humanloopPromptPath: `Travel/${prompt}`, humanloopFlowPath: "Travel/Assistant", traveller: "Ada" };
  return { isEnabled: true, metadata };
}

const answer = await generateText({
  model,
  system: "Be brief.",
  prompt: "What is the capital of Peru?",
  tools: { capital },
  stopWhen: stepCountIs(3),
  experimental_telemetry: telemetry("Answer"),
});
console.log(answer.text);

const praise = streamText({ model, prompt: "Why visit Lima?", experimental_telemetry: telemetry("Praise") });
for await (const piece of praise.textStream) process.stdout.write(piece);
console.log();

await provider.shutdown(); // sends the spans that wait

type Log = { output: string | null; trace_children: Log[] } & Record<string, any>;

async function get(path: string): Promise<any> {
  const response = await fetch(`${BASE_URL}${path}`, { headers: HEADERS });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

function print(log: Log, indent = ""): void {
  const file = log.prompt ?? log.tool ?? log.flow;
  console.log(`${indent}${file.path}: ${log.output ?? log.output_message?.content ?? "(calls a tool)"}`);
  for (const child of log.trace_children ?? []) print(child, `${indent}  `);
}

const flows = await get("/flows?name=Assistant");
const logs = await get(`/logs?file_id=${flows.records[0].id}&include_trace_children=true`);
for (const log of logs.records.reverse()) print(log);
