package dev.myelin.cli.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.myelin.cli.io.Json;
import dev.myelin.generate.FinishReason;
import dev.myelin.generate.Generation;

/**
 * What became of a prompt. Immutable and thread-safe.
 *
 * @param json one line, with its line end
 * @param problem why it failed, null if it did not
 * @param promptTokens number of tokens of the prompt
 * @param generatedTokens number of tokens sampled
 */
record PromptResult(String json, String problem, int promptTokens, int generatedTokens) {

  static PromptResult of(int index, PromptRequest.Id id, Generation generation, long seed) {
    ObjectNode line = begin(index, id);
    int prompt = generation.metrics().promptTokens();
    int generated = generation.tokens().size();
    line.put("text", generation.text())
        .put("finish_reason", finishReason(generation.reason()))
        .put("stopped_by", generation.reason().toString())
        .put("seed", seed);
    line.putObject("usage")
        .put("prompt_tokens", prompt)
        .put("completion_tokens", generated)
        .put("total_tokens", prompt + generated);
    return new PromptResult(Json.compact(line), null, prompt, generated);
  }

  static PromptResult failed(int index, PromptRequest.Id id, String problem) {
    ObjectNode line = begin(index, id);
    line.putObject("error").put("message", problem);
    return new PromptResult(Json.compact(line), problem, 0, 0);
  }

  private static ObjectNode begin(int index, PromptRequest.Id id) {
    ObjectNode line = Json.object().put("index", index);
    if (id != null) {
      line.putPOJO(id.name(), id.value());
    }
    return line;
  }

  /** The name in OpenAI's API. */
  private static String finishReason(FinishReason reason) {
    return switch (reason) {
      case END_OF_TEXT, STOP_STRING -> "stop";
      case LENGTH, CONTEXT_FULL -> "length";
      case CANCELLED -> "cancelled";
    };
  }
}
