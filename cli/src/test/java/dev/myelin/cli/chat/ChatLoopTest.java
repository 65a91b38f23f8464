package dev.myelin.cli.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.chat.ChatMessage;
import dev.myelin.chat.Role;
import dev.myelin.cli.io.Console;
import dev.myelin.generate.ContextFullPolicy;
import dev.myelin.generate.Conversation;
import dev.myelin.generate.GenerateOptions;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.model.Model;
import dev.myelin.sampling.SamplingOptions;
import dev.myelin.testing.RandomModel;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The chat loop at a terminal. */
class ChatLoopTest {
  /** Typed lines; ^C is Ctrl-C, and lines that begin with &lt; are pasted. */
  private record ScriptedLines(Deque<String> lines) implements LineSource {
    static ScriptedLines of(String... lines) {
      return new ScriptedLines(new ArrayDeque<>(Arrays.asList(lines)));
    }

    @Override
    public boolean isInteractive() {
      return true;
    }

    @Override
    public Line next(String prompt) throws InterruptedLineException {
      String line = lines.poll();
      if ("^C".equals(line)) {
        throw new InterruptedLineException();
      }
      return line == null
          ? null
          : line.startsWith("<")
              ? new Line(line.substring(1), 0, line.length() - 1)
              : Line.typed(line);
    }

    @Override
    public void close() {}
  }

  @TempDir Path folder;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final StringWriter err = new StringWriter();

  private interface Assertion {
    void of(Conversation conversation);
  }

  /** Chats with a small model in a context of 24 tokens. */
  private void chat(LineSource lines, ContextFullPolicy onFull, Assertion check) {
    Path model = RandomModel.small("llama").write(folder.resolve("model.gguf"));
    Console console =
        new Console(
            new ByteArrayInputStream(new byte[0]), out, new PrintWriter(err), Map.of(), () -> true);
    SessionOptions options = SessionOptions.defaults().withContextLength(24).withThreads(1);
    try (Model loaded = Model.load(model);
        Session session = Session.open(loaded, options)) {
      Conversation conversation = new Conversation(session, SamplingOptions.greedy(), "", onFull);
      LineSource cancelling =
          new LineSource() {
            @Override
            public boolean isInteractive() {
              return true;
            }

            @Override
            public Line next(String prompt) throws InterruptedLineException {
              Line line = lines.next(prompt);
              if (line != null && line.text().equals("cancelled")) {
                session.cancel(); // as Ctrl-C does just after the message was sent
              }
              return line;
            }

            @Override
            public void close() {}
          };
      new ChatLoop(console, cancelling, session, conversation, GenerateOptions.tokens(3)).run();
      check.of(conversation);
    }
  }

  @Test
  void continuesAfterErrorsAndInterrupts() {
    ScriptedLines lines =
        ScriptedLines.of("^C", "one\\", "^C", "/save", "far too long for so small a context", "a");
    chat(
        lines,
        ContextFullPolicy.DROP_OLDEST,
        conversation ->
            assertThat(conversation.messages())
                .extracting(ChatMessage::content)
                .hasSize(2)
                .startsWith("a"));
    assertThat(lines.lines()).isEmpty();
    assertThat(err.toString())
        .contains("/help lists the commands, Ctrl-D ends the chat")
        .contains("Ctrl-D or /exit ends the chat")
        .contains("myelin: /save: expected a file name")
        .contains("do not fit into a context of 24 (-c sets a longer one, up to the 512")
        .doesNotContain("/reset");
    assertThat(out.toString(StandardCharsets.UTF_8)).hasLineCount(1);
  }

  @Test
  void onFullStopExplainsOptions() {
    chat(
        ScriptedLines.of("abcdefghijklm", "abcdefghijklm", "/reset", "abcdefghijklm"),
        ContextFullPolicy.STOP,
        conversation -> assertThat(conversation.messages()).hasSize(2));
    assertThat(err.toString())
        .containsPattern(
            "myelin: the conversation has \\d+ tokens, which do not fit into a context")
        .contains("(/reset starts a new one, --on-full drop continues it, -c sets a longer one");
  }

  @Test
  void pastedTextIsNotInterpreted() {
    String[] lines = {
      "<\"\"\"a", "<b\\", "</c", "<d\n\"\"\"", "\"\"\"", "<e\"\"\"", "<f\\", "g\"\"\"", "h\\", "<i"
    };
    String[] expected = {"\"\"\"a", "b\\", "/c", "d\n\"\"\"", "e\"\"\"\nf\\\ng", "h\ni"};
    chat(
        ScriptedLines.of(lines),
        ContextFullPolicy.DROP_OLDEST,
        conversation ->
            assertThat(conversation.messages())
                .filteredOn(message -> message.role() == Role.USER)
                .extracting(ChatMessage::content)
                .containsExactly(expected));
  }

  @Test
  void notesMessageCancelledBeforeReply() {
    chat(
        ScriptedLines.of("cancelled", "a"),
        ContextFullPolicy.DROP_OLDEST,
        conversation -> assertThat(conversation.messages()).hasSize(2));
    assertThat(err.toString())
        .containsOnlyOnce("stopped before the reply began: the message is discarded");
  }

  @Test
  void lineDistinguishesTypedFromPasted() {
    Line line = new Line("\"\"\"pasted\\", 3, 9);
    assertThat(line.startsWith("\"\"\"")).isTrue();
    assertThat(line.endsWith("\\")).isTrue();
    assertThat(new Line("\"\"\"pasted\\", 2, 10).startsWith("\"\"\"")).isFalse();
    assertThat(new Line("\"\"\"pasted\\", 2, 10).endsWith("\\")).isFalse();
    assertThat(line.withoutPrefix(3)).isEqualTo(new Line("pasted\\", 0, 6));
    assertThat(line.withoutPrefix(3).startsWith("p")).isFalse();
    assertThat(Line.typed("/x").startsWith("/")).isTrue();
  }
}
