package dev.myelin.cli.chat;

import dev.myelin.chat.ChatTemplate;
import dev.myelin.chat.ChatTokens;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.io.ChatRequest;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.JsonInput;
import dev.myelin.cli.io.TextInput;
import dev.myelin.cli.options.ModelOptions;
import dev.myelin.error.ModelFileException;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.gguf.GgufFile;
import dev.myelin.tokenizer.PromptText;
import dev.myelin.tokenizer.Tokenizer;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Prints the prompt that a chat template renders. */
public final class TemplateCommand extends Subcommand {
  private static final Path STANDARD_INPUT = Path.of("-");

  private final ModelOptions model = new ModelOptions(this);
  private final Value<Path> template =
      option(
          Path.class,
          null,
          "FILE",
          "A template instead of the model's. Without a model its bos_token and eos_token are <s>"
              + " and </s>.",
          "--template");
  private final Value<Path> messages =
      option(
          Path.class,
          null,
          "FILE",
          "The messages, a JSON array as in OpenAI's API, or an object with \"messages\" and"
              + " \"tools\"; - is standard input (default: a user message, \"Hi\").",
          "--messages");
  private final Value<Path> tools =
      option(
          Path.class,
          null,
          "FILE",
          "The tools, a JSON array as in OpenAI's API; - is standard input.",
          "--tools");
  private final Value<String> kwargs =
      option(
          String.class,
          null,
          "JSON",
          "More template variables, a JSON object such as {\"enable_thinking\": false}.",
          "--chat-template-kwargs");
  private final Value<Boolean> noGenerationPrompt =
      flag("End the prompt after the last message.", "--no-generation-prompt");
  private final Value<Boolean> tokens =
      flag("Print the token ids of the prompt on one line.", "--tokens");

  public TemplateCommand(Console console) {
    super(
        console,
        "template",
        "Print the prompt that a chat template renders from messages.",
        "",
        "The prompt is printed exactly: no newline is added.",
        "",
        "Examples:",
        "  myelin template -m model.gguf --messages messages.json",
        "  myelin template --template chat.jinja --messages - < messages.json",
        "  myelin template -m model.gguf --tools tools.json --chat-template-kwargs '{\"thinking\":"
            + " true}'");
  }

  @Override
  public void run() {
    boolean noModel = template.isSet() && !model.isNamed();
    if (noModel && tokens.get()) {
      throw Usage.error(spec, "--tokens: expected a model, -m FILE");
    }
    if (isStandardInput(messages) && isStandardInput(tools)) {
      throw Usage.error(spec, "--messages - --tools -: standard input can be only one of them");
    }
    Map<String, Object> variables = new HashMap<>();
    if (kwargs.isSet()) {
      String name = "--chat-template-kwargs";
      variables.putAll(
          Usage.check(
              spec, () -> JsonInput.requireObject(JsonInput.parse(kwargs.get(), name), name)));
    }
    if (noModel) {
      Path file = template.get();
      print(
          ChatTemplate.parse(file, TextInput.readFile(file), "<s>", "</s>"),
          variables,
          Optional.empty());
      return;
    }
    Checkpoint checkpoint = model.checkpoint();
    try (GgufFile file = checkpoint.open()) {
      print(template(file), variables, Optional.of(file));
    }
  }

  private ChatTemplate template(GgufFile file) {
    if (template.isSet()) {
      return ChatTemplate.of(file, template.get(), TextInput.readFile(template.get()));
    }
    return ChatTemplate.of(file)
        .orElseThrow(
            () ->
                new ModelFileException(
                    file.path(),
                    "no tokenizer.chat_template",
                    "give a template with --template FILE"));
  }

  private void print(
      ChatTemplate chosen, Map<String, Object> options, Optional<GgufFile> checkpoint) {
    ChatRequest request =
        messages.isSet()
            ? ChatRequest.parse(read(messages.get()), name(messages.get()))
            : ChatRequest.DEFAULT;
    Map<String, Object> variables = new HashMap<>(request.variables());
    variables.putAll(options);
    if (tools.isSet()) {
      variables.put("tools", ChatRequest.tools(read(tools.get()), name(tools.get())));
    }
    PromptText prompt = chosen.renderMaps(request.messages(), !noGenerationPrompt.get(), variables);
    if (tokens.get()) {
      int[] ids = ChatTokens.of(prompt, Tokenizer.of(checkpoint.orElseThrow()));
      console.println(
          Arrays.stream(ids).mapToObj(Integer::toString).collect(Collectors.joining(" ")));
    } else {
      console.write(utf8(prompt.text()));
    }
  }

  /** Encodes a lone surrogate, which JSON can contain, as U+FFFD, as the tokenizer does. */
  private static byte[] utf8(String text) {
    ByteBuffer bytes;
    try {
      bytes =
          StandardCharsets.UTF_8
              .newEncoder()
              .onMalformedInput(CodingErrorAction.REPLACE)
              .replaceWith("\ufffd".getBytes(StandardCharsets.UTF_8))
              .encode(CharBuffer.wrap(text));
    } catch (CharacterCodingException e) {
      throw new IllegalStateException(e); // malformed input is replaced
    }
    byte[] array = new byte[bytes.remaining()];
    bytes.get(array);
    return array;
  }

  private static boolean isStandardInput(Value<Path> file) {
    return STANDARD_INPUT.equals(file.get());
  }

  private String read(Path file) {
    return file.equals(STANDARD_INPUT)
        ? TextInput.readStandardInput(console)
        : TextInput.readFile(file);
  }

  private static String name(Path file) {
    return file.equals(STANDARD_INPUT) ? "standard input" : file.toString();
  }
}
