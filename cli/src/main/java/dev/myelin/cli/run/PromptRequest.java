package dev.myelin.cli.run;

import dev.myelin.cli.io.ChatRequest;
import dev.myelin.cli.io.JsonInput;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.generate.GenerateOptions;
import dev.myelin.sampling.SamplingOptions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A prompt and its options, from a line of JSON. The names of the fields are those of llama.cpp's
 * server and of OpenAI's API; a line of OpenAI's batch format has them in {@code body}. Immutable
 * and thread-safe.
 *
 * @param text the prompt; null if there are tokens or messages instead
 * @param tokens the prompt as token ids
 * @param messages the input of the model's chat template
 */
record PromptRequest(
    String text,
    int[] tokens,
    ChatRequest messages,
    GenerateOptions end,
    SamplingOptions sampling) {
  /** What changes nothing here: the model is that of the command, and lines are never streamed. */
  private static final List<String> IGNORED =
      List.of("model", "stream", "stream_options", "user", "metadata", "store", "cache_prompt");

  private static final List<String> KNOWN =
      List.of(
          "prompt",
          "messages",
          "tools",
          "chat_template_kwargs",
          "id",
          "custom_id",
          "n_predict",
          "max_tokens",
          "max_completion_tokens",
          "stop",
          "ignore_eos",
          "seed",
          "temperature",
          "top_k",
          "top_p",
          "min_p",
          "typical_p",
          "top_n_sigma",
          "repeat_penalty",
          "repeat_last_n",
          "frequency_penalty",
          "presence_penalty");

  /** The name and the value of what identifies a prompt. */
  record Id(String name, Object value) {
    /**
     * The id of a line, null if it has none.
     *
     * @throws InvalidRequestException if it is neither a string nor a number
     */
    static Id of(Map<String, Object> line) {
      for (String name : List.of("id", "custom_id")) {
        Object value = line.get(name);
        if (value instanceof String || value instanceof Number) {
          return new Id(name, value);
        }
        if (value != null) {
          throw RequestFields.unexpected(name, value, "a string or a number");
        }
      }
      return null;
    }
  }

  /**
   * The request of a line.
   *
   * @param end the options that the line may override
   * @param sampling the same
   * @throws InvalidRequestException naming the field
   */
  static PromptRequest of(Map<String, Object> line, GenerateOptions end, SamplingOptions sampling) {
    Map<String, Object> all = new HashMap<>(line);
    all.keySet().removeAll(List.of("id", "custom_id"));
    if (all.get("body") != null) {
      Object body = all.remove("body");
      all.keySet().removeAll(List.of("method", "url"));
      all.putAll(JsonInput.requireObject(body, "body"));
    }
    RequestFields fields = new RequestFields(all);
    Object prompt = fields.any("prompt");
    ChatRequest messages = messages(fields);
    if ((prompt == null) == (messages == null)) {
      throw new InvalidRequestException("expected either \"prompt\" or \"messages\"");
    }
    PromptRequest request =
        new PromptRequest(
            prompt instanceof String text ? text : null,
            prompt == null || prompt instanceof String ? null : tokens(prompt),
            messages,
            end(fields, end),
            sampling(fields, sampling));
    if (fields.integer("n", 1, 1, 1) == 1) {
      fields.ignore(IGNORED);
    }
    fields.requireEmpty(KNOWN);
    return request;
  }

  private static ChatRequest messages(RequestFields fields) {
    Map<String, Object> request = new HashMap<>();
    for (String name : List.of("messages", "tools", "chat_template_kwargs")) {
      Object value = fields.any(name);
      if (value != null) {
        request.put(name, value);
      }
    }
    if (!request.isEmpty() && !request.containsKey("messages")) {
      throw new InvalidRequestException(
          request.keySet().iterator().next() + ": needs \"messages\"");
    }
    return request.isEmpty() ? null : ChatRequest.of(request, "");
  }

  private static int[] tokens(Object prompt) {
    if (!(prompt instanceof List<?> list)) {
      throw RequestFields.unexpected("prompt", prompt, "a string, or an array of token ids");
    }
    int[] tokens = new int[list.size()];
    for (int i = 0; i < tokens.length; i++) {
      if (!(list.get(i) instanceof Integer id)) {
        throw RequestFields.unexpected("prompt[" + i + "]", list.get(i), "a token id");
      }
      tokens[i] = id;
    }
    return tokens;
  }

  private static GenerateOptions end(RequestFields fields, GenerateOptions base) {
    int most = base.maxTokens();
    for (String name : List.of("n_predict", "max_tokens", "max_completion_tokens")) {
      most = (int) fields.integer(name, most, -1, Integer.MAX_VALUE);
    }
    List<String> stop = fields.texts("stop");
    return base.withMaxTokens(most)
        .withStop(stop == null ? base.stop() : stop)
        .withIgnoreEos(fields.flag("ignore_eos", base.ignoreEos()));
  }

  private static SamplingOptions sampling(RequestFields fields, SamplingOptions base) {
    return base.withTemperature(fields.number("temperature", base.temperature()))
        .withTopK((int) fields.integer("top_k", base.topK(), 0, Integer.MAX_VALUE))
        .withTopP(fields.number("top_p", base.topP()))
        .withMinP(fields.number("min_p", base.minP()))
        .withTypicalP(fields.number("typical_p", base.typicalP()))
        .withTopNSigma(fields.number("top_n_sigma", base.topNSigma()))
        .withRepeatPenalty(fields.number("repeat_penalty", base.repeatPenalty()))
        .withRepeatLastN(
            (int) fields.integer("repeat_last_n", base.repeatLastN(), -1, Integer.MAX_VALUE))
        .withFrequencyPenalty(fields.number("frequency_penalty", base.frequencyPenalty()))
        .withPresencePenalty(fields.number("presence_penalty", base.presencePenalty()))
        .withSeed(fields.integer("seed", base.seed(), SamplingOptions.RANDOM_SEED, Long.MAX_VALUE));
  }
}
