// Version 4 of the AI SDK, over protobuf with gzip: what the exporter has to complain about goes to stderr.

import { diag, DiagConsoleLogger, DiagLogLevel } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
import { generateText, streamText, tool } from "ai4";
import { MockLanguageModelV1, simulateReadableStream } from "ai4/test";
import { z } from "zod";

diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN);
const [, , baseUrl, key] = process.argv;
const headers = { "X-API-KEY": key };
const exporter = new OTLPTraceExporter({ url: `${baseUrl}/import/otel/v1/traces`, headers, compression: "gzip" });
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }); // a request each
provider.register();

const rest = { usage: { promptTokens: 10, completionTokens: 5 }, rawCall: { rawPrompt: null, rawSettings: {} } };
const toolCalls = [{ toolCallType: "function", toolCallId: "c1", toolName: "weather", args: '{"city":"Lima"}' }];
const model = new MockLanguageModelV1({
  provider: "openai.chat",
  modelId: "gpt-4o",
  doGenerate: async ({ prompt }) =>
    prompt.at(-1).role === "tool"
      ? { ...rest, finishReason: "stop", text: "Sunny." }
      : { ...rest, finishReason: "tool-calls", toolCalls },
  doStream: async () => ({
    ...rest,
    stream: simulateReadableStream({
      chunks: [
        { type: "text-delta", textDelta: "Su" },
        { type: "text-delta", textDelta: "nny." },
        { type: "finish", finishReason: "stop", usage: rest.usage },
      ],
    }),
  }),
});
const weather = tool({ parameters: z.object({ city: z.string() }), execute: async () => ({ sky: "blue" }) });
const metadata = { humanloopPromptPath: "team/ask", humanloopFlowPath: "team/flow" };
const experimental_telemetry = { isEnabled: true, metadata };

await generateText({ model, prompt: "Weather?", tools: { weather }, maxSteps: 3, experimental_telemetry });
for await (const _ of streamText({ model, prompt: "Weather?", experimental_telemetry }).textStream);
const failing = new MockLanguageModelV1({
  modelId: "gpt-4o",
  doGenerate: async () => {
    throw new Error("overloaded");
  },
});
await generateText({ model: failing, prompt: "Weather?", maxRetries: 0, experimental_telemetry }).catch(() => {});
await provider.shutdown();
