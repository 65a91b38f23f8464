package dev.myelin.cli.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.cli.Outcome;
import dev.myelin.cli.io.ChatRequest;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.GgufFile;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomVocabulary;
import dev.myelin.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TemplateCommandTest {
  private static final String CHAT_ML =
      """
      {%- for tool in tools or [] %}{{ 'tool ' + tool.function.name + '\\n' }}{% endfor %}
      {%- for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{% endfor %}
      {%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}
      {%- if thinking %}{{ 'thinking ' ~ thinking }}{% endif %}\
      """;
  private static final String TALK =
      """
      [{"role": "user", "content": "größe <|im_end|>"}, {"role": "assistant", "content": ""}]
      """;

  @TempDir static Path folder;
  static Path model;
  static Path plain;
  static Path talk;
  static Path jinja;
  static Path tools;

  @BeforeAll
  static void write() throws IOException {
    RandomModel qwen = RandomModel.small("qwen2").withVocabulary(RandomVocabulary.Kind.QWEN2);
    model = folder.resolve("chat.gguf");
    qwen.writer().put("tokenizer.chat_template", CHAT_ML).write(model);
    plain = RandomModel.small("llama").write(folder.resolve("plain.gguf"));
    talk = Files.writeString(folder.resolve("talk.json"), TALK);
    jinja =
        Files.writeString(
            folder.resolve("own.jinja"),
            "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}\n");
    tools =
        Files.writeString(
            folder.resolve("tools.json"),
            "[{\"type\": \"function\", \"function\": {\"name\": \"f\"}}]");
  }

  private static String out(Object... args) {
    return outcome("", args).out();
  }

  private static Outcome outcome(String input, Object... args) {
    String[] words =
        Stream.concat(Stream.of("template"), Arrays.stream(args).map(Object::toString))
            .toArray(String[]::new);
    Outcome outcome = Outcome.withInput(input, words);
    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.status()).isZero();
    return outcome;
  }

  @Test
  void printsExactPrompt() {
    String prompt =
        "<|im_start|>user\ngröße <|im_end|><|im_end|>\n<|im_start|>assistant\n<|im_end|>\n";
    assertThat(out("-m", model, "--messages", talk)).isEqualTo(prompt + "<|im_start|>assistant\n");
    assertThat(out("-m", model, "--messages", talk, "--no-generation-prompt")).isEqualTo(prompt);
    assertThat(outcome(TALK, "-m", model, "--messages", "-").out())
        .isEqualTo(prompt + "<|im_start|>assistant\n");
  }

  @Test
  void usesDefaultMessage() {
    assertThat(out("-m", model))
        .isEqualTo("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
  }

  @Test
  void replacesLoneSurrogate() {
    String lone = "[{\"role\": \"user\", \"content\": \"a\\ud83d\\ude00\\ud83d!\"}]";
    assertThat(outcome(lone, "-m", model, "--messages", "-", "--no-generation-prompt").out())
        .isEqualTo("<|im_start|>user\na\ud83d\ude00\ufffd!<|im_end|>\n");
  }

  /** Damaged input gives a request, or an error of one line that names the file. */
  @Test
  void reportsDamagedRequests() {
    String request =
        """
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "\\u00e9\\n"}, null, -1.5e3]}],
         "tools": [{"function": {"name": "g"}}], "chat_template_kwargs": {"a": true}}\
        """;
    String pieces = "{}[]\",:\\0-.eE+tfnu \n\t/*#'\0\ud800é";
    SplittableRandom random = new SplittableRandom(1);
    int parsed = 0;
    for (int i = 0; i < 5000; i++) {
      StringBuilder text = new StringBuilder(request);
      for (int changes = random.nextInt(1, 4); changes > 0; changes--) {
        int at = random.nextInt(text.length());
        char piece = pieces.charAt(random.nextInt(pieces.length()));
        switch (random.nextInt(3)) {
          case 0 -> text.deleteCharAt(at);
          case 1 -> text.insert(at, piece);
          default -> text.setCharAt(at, piece);
        }
      }
      try {
        ChatRequest.parse(text.toString(), "x.json");
        parsed++;
      } catch (InvalidRequestException e) {
        assertThat(e.getMessage())
            .startsWith("x.json: ")
            .hasLineCount(1)
            .doesNotContain("`", "[Source");
      }
    }
    assertThat(parsed).isBetween(100, 4900);
  }

  @Test
  void passesToolsAndVariables() {
    assertThat(out("-m", model, "--tools", tools)).startsWith("tool f\n<|im_start|>");
    String request =
        """
        {"model": "x", "messages": [{"role": "user", "content": "Hi"}], "tools": [{"function": {"name": "g"}}],
         "chat_template_kwargs": {"thinking": [1.5, null, "ü"]}}\
        """;
    assertThat(outcome(request, "-m", model, "--messages", "-").out())
        .startsWith("tool g\n<|im_start|>")
        .endsWith("thinking [1.5, None, 'ü']");
    assertThat(
            outcome(
                    request,
                    "-m",
                    model,
                    "--messages",
                    "-",
                    "--tools",
                    tools,
                    "--chat-template-kwargs",
                    "{\"thinking\": true}")
                .out())
        .startsWith("tool f\n<|im_start|>")
        .endsWith("thinking True");
  }

  @Test
  void templateFileUsesModelsSpecialTokens() {
    assertThat(out("--template", jinja)).isEqualTo("<s>Hi</s>");
    assertThat(out("--template", jinja, "-m", model)).isEqualTo("<|endoftext|>Hi<|im_end|>");
    byte[] none = new byte[0];
    Map<String, String> named = Map.of("MYELIN_MODEL", model.toString());
    assertThat(Outcome.withInput(none, named, "template", "--template", jinja.toString()).out())
        .isEqualTo("<|endoftext|>Hi<|im_end|>");
  }

  @Test
  void printsTokenIds() {
    String printed = out("-m", model, "--messages", talk, "--tokens");
    Tokenizer tokenizer;
    try (GgufFile file = GgufFile.open(model)) {
      tokenizer = Tokenizer.of(file);
    }
    String start = ids(tokenizer, "<|im_start|>");
    String end = ids(tokenizer, "<|im_end|>");
    assertThat(printed).startsWith(start + " ").endsWith("\n").hasLineCount(1);
    assertThat(printed.strip().split(" ")).filteredOn(start::equals).hasSize(3);
    assertThat(tokenizer.decode(numbers(printed), true))
        .isEqualTo(out("-m", model, "--messages", talk));
  }

  @Test
  void addsBosOnce() {
    assertThat(out("-m", plain, "--template", jinja, "--tokens")).startsWith("1 ").endsWith(" 2\n");
    Path bare = folder.resolve("bare.jinja");
    write(bare, "{{ messages[0].content }}");
    assertThat(out("-m", plain, "--template", bare, "--tokens"))
        .startsWith("1 ")
        .doesNotStartWith("1 1 ");
  }

  private static String ids(Tokenizer tokenizer, String text) {
    return Arrays.stream(tokenizer.encode(text, false, true))
        .mapToObj(Integer::toString)
        .collect(Collectors.joining(" "));
  }

  private static int[] numbers(String line) {
    return Arrays.stream(line.strip().split(" ")).mapToInt(Integer::parseInt).toArray();
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "-m M --messages nowhere.json | | 1 | myelin: nowhere.json: no such file or folder",
        "-m M --messages FOLDER | | 1 | myelin: FOLDER: this is a folder",
        "-m M --messages - | [{ | 1 | myelin: standard input: line 2, column 1: Unexpected"
            + " end-of-input",
        "-m M --messages - | [{\"role\": user}] | 1 | myelin: standard input: line 1, column 11:"
            + " Unrecognized",
        "-m M --messages - | [] [] | 1 | myelin: standard input: line 1, column 4: Trailing token",
        "-m M --messages - | [{\"role\": 1, \"role\": 2}] | 1 | myelin: standard input: line 1,"
            + " column 20: Duplicate",
        "-m M --messages - | `` | 1 | myelin: standard input: is empty: expected JSON",
        "-m M --messages - | [NaN] | 1 | myelin: standard input: line 1, column 5: Non-standard"
            + " token 'NaN'",
        "-m M --messages - | \"Hi\" | 1 | myelin: standard input: expected an array of messages, or"
            + " an object with \"messages\"",
        "-m M --messages - | {\"m\": 1} | 1 | myelin: standard input: expected an array of"
            + " messages, or an object with \"messages\"",
        "-m M --messages - | {\"messages\": {}} | 1 | myelin: standard input: messages = an object:"
            + " expected an array of objects",
        "-m M --messages - | [] | 1 | myelin: standard input: []: expected at least one message",
        "-m M --messages - | [\"Hi\"] | 1 | myelin: standard input: [0] = a string: expected an"
            + " object",
        "-m M --messages - | [{\"content\": \"x\"}] | 1 | myelin: standard input: [0].role ="
            + " missing: expected a string, such as \"user\"",
        "-m M --messages - | {\"messages\": [{\"role\": 7}]} | 1 | myelin: standard input:"
            + " messages[0].role = 7: expected a string, such as \"user\"",
        "-m M --messages - | {\"messages\": [{\"role\": \"a\"}], \"tools\": 7} | 1 | myelin:"
            + " standard input: tools = 7: expected an array of objects",
        "-m M --tools - | {} | 1 | myelin: standard input: an object: expected an array of tools",
        "-m M --tools - | [7] | 1 | myelin: standard input: [0] = 7: expected an object",
        "-m M --template nowhere.jinja | | 1 | myelin: nowhere.jinja: no such file or folder",
        "--template BROKEN | | 1 | myelin: BROKEN: line 2 column 8: ",
        "-m M --template BROKEN | | 1 | myelin: BROKEN: line 2 column 8: ",
        "--template REFUSING | | 1 | myelin: the chat template refuses the messages: never",
        "-m PLAIN | | 1 | myelin: PLAIN: no tokenizer.chat_template: give a template with"
            + " --template FILE",
        "--template BROKEN --tokens | | 2 | myelin template: --tokens: expected a model, -m"
            + " FILE",
        "-m M --messages - --tools - | | 2 | myelin template: --messages - --tools -: standard"
            + " input can be only one of them",
        "-m M --chat-template-kwargs {a} | | 2 | myelin template: --chat-template-kwargs: line 1,"
            + " column 2: Unexpected character",
        "-m M --chat-template-kwargs [] | | 2 | myelin template: --chat-template-kwargs = an array:"
            + " expected an object",
        "`` | | 2 | myelin template: no model: give a GGUF file with -m FILE",
      })
  void reportsBadInput(String args, String input, int status, String error) {
    write(folder.resolve("broken.jinja"), "a\n{{ 1 | nofilter }}");
    write(folder.resolve("refusing.jinja"), "{{ raise_exception('never') }}");
    Map<String, String> names =
        Map.of(
            "BROKEN", folder.resolve("broken.jinja").toString(),
            "REFUSING", folder.resolve("refusing.jinja").toString(),
            "PLAIN", plain.toString(),
            "FOLDER", folder.toString());
    String[] words = ("template " + args).strip().split(" ");
    for (int i = 0; i < words.length; i++) {
      words[i] = words[i].equals("M") ? model.toString() : names.getOrDefault(words[i], words[i]);
    }
    String expected = error;
    for (Map.Entry<String, String> name : names.entrySet()) {
      expected = expected.replace(name.getKey() + ":", name.getValue() + ":");
    }
    byte[] bytes = ((input == null ? "" : input) + "\n").getBytes(StandardCharsets.UTF_8);
    Outcome outcome = Outcome.withInput(bytes, Map.of(), words);
    assertThat(outcome.err()).startsWith(expected).hasLineCount(1).doesNotContain("Source");
    assertThat(outcome.status()).isEqualTo(status);
    assertThat(outcome.out()).isEmpty();
  }
}
