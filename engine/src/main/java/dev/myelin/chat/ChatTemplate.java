package dev.myelin.chat;

import dev.myelin.chat.template.Template;
import dev.myelin.chat.template.TemplateException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.error.MyelinException;
import dev.myelin.error.Printable;
import dev.myelin.gguf.GgufArray;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.Metadata;
import dev.myelin.tokenizer.PromptText;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A checkpoint's own chat template (the key {@code tokenizer.chat_template}, in Jinja), which turns
 * messages into the text of a prompt. Immutable, for any number of threads.
 *
 * <p>Nothing is parsed before the first rendering; {@link #prepare} does it ahead.
 */
public final class ChatTemplate {
  private static final String KEY = "tokenizer.chat_template";

  private final Optional<Path> file; // for messages
  private final String where; // in that file, for messages
  private final String source;
  private final String bos;
  private final String eos;
  private final Clock clock;
  private final Optional<ChatTemplate> forTools; // the one to use where there are tools
  private volatile Template compiled;

  ChatTemplate(Optional<Path> file, String source, String bos, String eos, Clock clock) {
    this(file, KEY, source, bos, eos, clock, Optional.empty());
  }

  private ChatTemplate(
      Optional<Path> file,
      String where,
      String source,
      String bos,
      String eos,
      Clock clock,
      Optional<ChatTemplate> forTools) {
    this.file = file;
    this.where = where;
    this.source = source;
    this.bos = bos;
    this.eos = eos;
    this.clock = clock;
    this.forTools = forTools;
  }

  /**
   * The template in a checkpoint, or nothing where it has none. A second one of the name {@code
   * tool_use} is used for prompts with tools, as the reference does, and always where it is the
   * only one.
   *
   * @throws ModelFileException if the key does not hold a string, or the tokens it needs are wrong
   */
  public static Optional<ChatTemplate> of(GgufFile file) {
    Optional<ChatTemplate> forTools = of(file, KEY + ".tool_use", Optional.empty());
    Optional<ChatTemplate> own = of(file, KEY, forTools);
    return own.isPresent() ? own : forTools;
  }

  private static Optional<ChatTemplate> of(
      GgufFile file, String key, Optional<ChatTemplate> forTools) {
    Metadata metadata = file.metadata();
    String source = metadata.optString(key).orElse("");
    if (source.isBlank()) {
      return Optional.empty();
    }
    String bos = token(metadata, "tokenizer.ggml.bos_token_id");
    String eos = token(metadata, "tokenizer.ggml.eos_token_id");
    Optional<Path> path = Optional.of(file.path());
    return Optional.of(new ChatTemplate(path, key, source, bos, eos, new LocalClock(), forTools));
  }

  /**
   * Another template in the place of a checkpoint's own, with that checkpoint's special tokens.
   *
   * @param file where the template comes from, for messages
   * @throws ModelFileException if the special tokens it needs are wrong
   */
  public static ChatTemplate of(GgufFile checkpoint, Path file, String source) {
    Metadata metadata = checkpoint.metadata();
    return parse(
        file,
        source,
        token(metadata, "tokenizer.ggml.bos_token_id"),
        token(metadata, "tokenizer.ggml.eos_token_id"));
  }

  private static String token(Metadata metadata, String key) {
    Optional<GgufArray> tokens = metadata.optArray("tokenizer.ggml.tokens");
    if (!metadata.has(key) || tokens.isEmpty()) {
      return "";
    }
    long id = metadata.i64(key);
    // one beyond the vocabulary is no token, as for the tokenizer, which notes it
    return id < 0 || id >= tokens.get().size() ? "" : tokens.get().string((int) id);
  }

  /**
   * A template from elsewhere.
   *
   * @param bos text of the token that begins a sequence, empty if there is none
   * @param eos text of the token that ends one, empty if there is none
   */
  public static ChatTemplate parse(String source, String bos, String eos) {
    return new ChatTemplate(Optional.empty(), source, bos, eos, new LocalClock());
  }

  /**
   * A template out of a file of its own.
   *
   * @param file where it comes from, for messages
   * @param bos text of the token that begins a sequence, empty if there is none
   * @param eos text of the token that ends one, empty if there is none
   */
  public static ChatTemplate parse(Path file, String source, String bos, String eos) {
    return new ChatTemplate(
        Optional.of(file), "", source, bos, eos, new LocalClock(), Optional.empty());
  }

  /** The template itself. */
  public String source() {
    return source;
  }

  /**
   * Parses the template now instead of on the first rendering.
   *
   * @throws MyelinException if it is malformed, with line and column
   */
  public void prepare() {
    try {
      compiled();
    } catch (TemplateException e) {
      throw failure(e);
    }
  }

  /**
   * The prompt for these messages, special tokens as text. It begins with the text of BOS if the
   * template says so: encode it without adding special tokens, and parsing those in it.
   *
   * @param addGenerationPrompt whether the text ends where the assistant's reply begins
   * @throws InvalidRequestException if there is no message, or the template refuses them (its
   *     {@code raise_exception})
   * @throws MyelinException if the template is malformed, fails or would not end, with line and
   *     column; a {@link ModelFileException} where the file is known
   */
  public String render(List<ChatMessage> messages, boolean addGenerationPrompt) {
    return render(messages, addGenerationPrompt, Map.of());
  }

  /**
   * As above, with further variables the template reads, such as {@code enable_thinking} or {@code
   * tools}.
   *
   * @param variables text, numbers, booleans, lists, maps and null, however nested
   */
  public String render(
      List<ChatMessage> messages, boolean addGenerationPrompt, Map<String, ?> variables) {
    return prompt(messages, addGenerationPrompt, variables).text();
  }

  /** As {@link #render(List, boolean, Map)}; it is known what the template itself wrote. */
  public PromptText prompt(
      List<ChatMessage> messages, boolean addGenerationPrompt, Map<String, ?> variables) {
    List<Map<String, Object>> turns = new ArrayList<>(messages.size());
    for (ChatMessage message : messages) {
      turns.add(Map.of("role", message.role().templateName(), "content", message.content()));
    }
    return promptOf(turns, addGenerationPrompt, variables);
  }

  /**
   * As {@link #prompt}, of messages as OpenAI's API has them: {@code role}, {@code content} (a
   * text, parts or null), {@code tool_calls}, {@code tool_call_id}, {@code name}, {@code
   * reasoning_content} and whatever else the template reads. As with Hugging Face's {@code
   * apply_chat_template}, {@code tools} and {@code documents} are None where no variable says
   * otherwise.
   *
   * @param messages values as those of the variables
   */
  public PromptText promptOf(
      List<? extends Map<String, ?>> messages,
      boolean addGenerationPrompt,
      Map<String, ?> variables) {
    if (messages.isEmpty()) {
      throw new InvalidRequestException("a conversation without messages: expected one at least");
    }
    if (forTools.isPresent() && variables.get("tools") != null) {
      return forTools.get().promptOf(messages, addGenerationPrompt, variables);
    }
    Map<String, Object> all = new HashMap<>();
    all.put("tools", null);
    all.put("documents", null);
    all.putAll(variables);
    all.put("messages", messages);
    all.put("add_generation_prompt", addGenerationPrompt);
    all.put("bos_token", bos);
    all.put("eos_token", eos);
    try {
      return compiled().render(all, clock);
    } catch (TemplateException e) {
      throw failure(e);
    }
  }

  private Template compiled() {
    Template template = compiled;
    if (template == null) {
      template = Template.parse(source);
      compiled = template;
    }
    return template;
  }

  private MyelinException failure(TemplateException e) {
    String message = Printable.of(String.valueOf(e.getMessage()));
    if (e.raised()) {
      return new InvalidRequestException("the chat template refuses the messages: " + message);
    }
    String line = e.line() > 0 ? " line " + e.line() + " column " + e.column() : "";
    String place = line.isEmpty() && where.isEmpty() ? "template" : (where + line).strip();
    return file.isPresent()
        ? new ModelFileException(file.get(), place, message)
        : new MyelinException(place + ": " + message);
  }
}
