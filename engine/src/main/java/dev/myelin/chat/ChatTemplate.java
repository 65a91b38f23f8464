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
import org.jspecify.annotations.Nullable;

/**
 * A checkpoint's chat template (key {@code tokenizer.chat_template}, in Jinja), which renders
 * messages to a prompt. Immutable and thread-safe.
 *
 * <p>The template is parsed when it is first rendered, or by {@link #compile}.
 */
public final class ChatTemplate {
  private static final String KEY = "tokenizer.chat_template";

  private final Optional<Path> file; // for error messages
  private final String key; // in that file, for error messages
  private final String source;
  private final String bos;
  private final String eos;
  private final Clock clock;
  private final Optional<ChatTemplate> toolTemplate; // used for prompts with tools
  private volatile @Nullable Template compiled;

  ChatTemplate(Optional<Path> file, String source, String bos, String eos, Clock clock) {
    this(file, KEY, source, bos, eos, clock, Optional.empty());
  }

  private ChatTemplate(
      Optional<Path> file,
      String key,
      String source,
      String bos,
      String eos,
      Clock clock,
      Optional<ChatTemplate> toolTemplate) {
    this.file = file;
    this.key = key;
    this.source = source;
    this.bos = bos;
    this.eos = eos;
    this.clock = clock;
    this.toolTemplate = toolTemplate;
  }

  /**
   * The template of a checkpoint; empty if it has none. A second template named {@code tool_use} is
   * used for prompts with tools, as by llama.cpp, and for all prompts if it is the only one.
   *
   * @throws ModelFileException if the key is not a string, or the special tokens are invalid
   */
  public static Optional<ChatTemplate> of(GgufFile file) {
    Optional<ChatTemplate> toolTemplate = of(file, KEY + ".tool_use", Optional.empty());
    Optional<ChatTemplate> plainTemplate = of(file, KEY, toolTemplate);
    return plainTemplate.isPresent() ? plainTemplate : toolTemplate;
  }

  private static Optional<ChatTemplate> of(
      GgufFile file, String key, Optional<ChatTemplate> toolTemplate) {
    Metadata metadata = file.metadata();
    String source = metadata.optString(key).orElse("");
    if (source.isBlank()) {
      return Optional.empty();
    }
    String bos = tokenText(metadata, "tokenizer.ggml.bos_token_id");
    String eos = tokenText(metadata, "tokenizer.ggml.eos_token_id");
    Optional<Path> path = Optional.of(file.path());
    return Optional.of(
        new ChatTemplate(path, key, source, bos, eos, new LocalClock(), toolTemplate));
  }

  /**
   * Another template in place of the checkpoint's, with the checkpoint's special tokens.
   *
   * @param file source of the template, for error messages
   * @throws ModelFileException if the special tokens are invalid
   */
  public static ChatTemplate of(GgufFile checkpoint, Path file, String source) {
    Metadata metadata = checkpoint.metadata();
    return parse(
        file,
        source,
        tokenText(metadata, "tokenizer.ggml.bos_token_id"),
        tokenText(metadata, "tokenizer.ggml.eos_token_id"));
  }

  private static String tokenText(Metadata metadata, String key) {
    Optional<GgufArray> tokens = metadata.optArray("tokenizer.ggml.tokens");
    if (!metadata.has(key) || tokens.isEmpty()) {
      return "";
    }
    long id = metadata.i64(key);
    // an id out of range is no token; the tokenizer reports it
    return id < 0 || id >= tokens.get().size() ? "" : tokens.get().string((int) id);
  }

  /**
   * A template from a string.
   *
   * @param bos text of BOS, empty if there is none
   * @param eos text of EOS, empty if there is none
   */
  public static ChatTemplate parse(String source, String bos, String eos) {
    return new ChatTemplate(Optional.empty(), source, bos, eos, new LocalClock());
  }

  /**
   * A template from a separate file.
   *
   * @param file source of the template, for error messages
   * @param bos text of BOS, empty if there is none
   * @param eos text of EOS, empty if there is none
   */
  public static ChatTemplate parse(Path file, String source, String bos, String eos) {
    return new ChatTemplate(
        Optional.of(file), "", source, bos, eos, new LocalClock(), Optional.empty());
  }

  /** The source of the template. */
  public String source() {
    return source;
  }

  /**
   * Parses the template now, not when it is first rendered.
   *
   * @throws MyelinException if it is malformed; names line and column
   */
  public void compile() {
    try {
      compiled();
    } catch (TemplateException e) {
      throw toException(e);
    }
  }

  /**
   * Renders messages to a prompt, with special tokens as text. It starts with BOS if the template
   * writes it: encode it with parsing of special tokens, and without adding any.
   *
   * @param addGenerationPrompt whether to append the start of the assistant's reply
   * @throws InvalidRequestException if there is no message, or the template calls {@code
   *     raise_exception}
   * @throws MyelinException if the template is malformed, fails or exceeds its budget; names line
   *     and column. A {@link ModelFileException} if the file is known
   */
  public String render(List<ChatMessage> messages, boolean addGenerationPrompt) {
    return render(messages, addGenerationPrompt, Map.of());
  }

  /**
   * As above, with more variables for the template, such as {@code enable_thinking} or {@code
   * tools}.
   *
   * @param variables strings, numbers, booleans, lists, maps and null, nested
   */
  public String render(
      List<ChatMessage> messages,
      boolean addGenerationPrompt,
      Map<String, ? extends @Nullable Object> variables) {
    return renderPrompt(messages, addGenerationPrompt, variables).text();
  }

  /**
   * As {@link #render(List, boolean, Map)}, with the origin of each part: trusted text comes from
   * the template.
   */
  public PromptText renderPrompt(
      List<ChatMessage> messages,
      boolean addGenerationPrompt,
      Map<String, ? extends @Nullable Object> variables) {
    List<Map<String, Object>> turns = new ArrayList<>(messages.size());
    for (ChatMessage message : messages) {
      turns.add(Map.of("role", message.role().templateName(), "content", message.content()));
    }
    return renderMaps(turns, addGenerationPrompt, variables);
  }

  /**
   * As {@link #renderPrompt}, for messages in the form of OpenAI's API: {@code role}, {@code
   * content} (string, parts or null), {@code tool_calls}, {@code tool_call_id}, {@code name},
   * {@code reasoning_content} and anything else that the template reads. As with Hugging Face's
   * {@code apply_chat_template}, {@code tools} and {@code documents} default to None.
   *
   * @param messages values of the same types as variables
   */
  public PromptText renderMaps(
      List<? extends Map<String, ? extends @Nullable Object>> messages,
      boolean addGenerationPrompt,
      Map<String, ? extends @Nullable Object> variables) {
    if (messages.isEmpty()) {
      throw new InvalidRequestException("a conversation without messages: expected one at least");
    }
    if (toolTemplate.isPresent() && variables.get("tools") != null) {
      return toolTemplate.get().renderMaps(messages, addGenerationPrompt, variables);
    }
    Map<String, @Nullable Object> allVariables = new HashMap<>();
    allVariables.put("tools", null);
    allVariables.put("documents", null);
    allVariables.putAll(variables);
    allVariables.put("messages", messages);
    allVariables.put("add_generation_prompt", addGenerationPrompt);
    allVariables.put("bos_token", bos);
    allVariables.put("eos_token", eos);
    try {
      return compiled().render(allVariables, clock);
    } catch (TemplateException e) {
      throw toException(e);
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

  private MyelinException toException(TemplateException e) {
    String message = Printable.of(String.valueOf(e.getMessage()));
    if (e.isRaisedByTemplate()) {
      return new InvalidRequestException("the chat template refuses the messages: " + message);
    }
    String line = e.line() > 0 ? " line " + e.line() + " column " + e.column() : "";
    String location = line.isEmpty() && key.isEmpty() ? "template" : (key + line).strip();
    return file.isPresent()
        ? new ModelFileException(file.get(), location, message)
        : new MyelinException(location + ": " + message);
  }
}
