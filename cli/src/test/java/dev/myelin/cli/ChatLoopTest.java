package dev.myelin.cli;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The loop as somebody at a terminal sees it. */
class ChatLoopTest {
  /** Lines typed, of which ^C is Ctrl-C. */
  private record Typed(Deque<String> lines) implements Lines {
    static Typed of(String... lines) {
      return new Typed(new ArrayDeque<>(Arrays.asList(lines)));
    }

    @Override
    public boolean interactive() {
      return true;
    }

    @Override
    public String next(String prompt) throws Interrupted {
      String line = lines.poll();
      if ("^C".equals(line)) {
        throw new Interrupted();
      }
      return line;
    }

    @Override
    public void close() {}
  }

  @Test
  void errorsAndInterruptsDoNotEndIt(@TempDir Path folder) {
    Path model = RandomModel.small("llama").write(folder.resolve("model.gguf"));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    StringWriter err = new StringWriter();
    Console console =
        new Console(
            new ByteArrayInputStream(new byte[0]), out, new PrintWriter(err), Map.of(), () -> true);
    SessionOptions options = SessionOptions.defaults().withContextLength(24).withThreads(1);
    Typed lines =
        Typed.of(
            "^C", "one\\", "^C", "/save", "far too long for so small a context", "/reset", "a");
    try (Model loaded = Model.load(model);
        Session session = Session.open(loaded, options)) {
      Conversation conversation = new Conversation(session, SamplingOptions.greedy(), "");
      new ChatLoop(console, lines, session, conversation, GenerateOptions.tokens(3)).run();
      assertThat(conversation.messages()).hasSize(2);
      assertThat(conversation.messages().getFirst().content()).isEqualTo("a");
    }
    assertThat(lines.lines()).isEmpty();
    assertThat(err.toString())
        .contains("/help lists the commands, Ctrl-D ends")
        .contains("Ctrl-D or /exit ends")
        .contains("myelin: /save: expected a file's name")
        .contains("do not fit into a context of 24 (/reset starts anew)");
    assertThat(out.toString(java.nio.charset.StandardCharsets.UTF_8)).hasLineCount(1);
  }
}
