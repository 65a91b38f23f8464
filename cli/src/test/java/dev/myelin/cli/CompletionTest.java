package dev.myelin.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The completion script, in a shell. */
class CompletionTest {
  @Test
  void completesCommandsOptionsAndValues(@TempDir Path folder) throws Exception {
    assumeTrue(Files.exists(Path.of("/bin/bash")), "skipped: no /bin/bash");
    Outcome outcome = Outcome.of("completion");
    assertThat(outcome.status()).isZero();
    Path script = Files.writeString(folder.resolve("completion.sh"), outcome.out());
    assertThat(complete(script, "myelin", "ru")).isEqualTo("run");
    assertThat(complete(script, "myelin", "run", "--top-"))
        .isEqualTo("--top-k --top-p --top-n-sigma --top-nsigma");
    assertThat(complete(script, "myelin", "run", "--cache-type", ""))
        .isEqualTo("f32 f16 bf16 q8_0 q5_1 q5_0 q4_1 q4_0 iq4_nl");
    assertThat(complete(script, "myelin", "run", "-m", folder + "/comp"))
        .isEqualTo(script.toString());
    assertThat(complete(script, "myelin", "bench", "--cache-type", ""))
        .isEqualTo("f32 f16 bf16 q8_0 q5_1 q5_0 q4_1 q4_0 iq4_nl");
    assertThat(complete(script, "myelin", "bench", "-m", folder + "/comp"))
        .isEqualTo(script.toString());
    assertThat(complete(script, "myelin", "run", folder + "/comp")).isEqualTo(script.toString());
    assertThat(complete(script, "myelin", "chat", "--lora", folder + "/comp"))
        .isEqualTo(script.toString());
  }

  /** The completions that bash offers for the last word. */
  private static String complete(Path script, String... words) throws Exception {
    String program =
        "compopt() { :; }; source \"$1\"; shift; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1));"
            + " COMP_LINE=\"$*\"; COMP_POINT=${#COMP_LINE}; _complete_myelin; echo"
            + " \"${COMPREPLY[*]}\"";
    ProcessBuilder bash = new ProcessBuilder("/bin/bash", "-c", program, "bash", script.toString());
    bash.command().addAll(java.util.List.of(words));
    Process process = bash.redirectErrorStream(true).start();
    String out = ChildProcess.readRemaining(process.getInputStream()).strip();
    assertThat(ChildProcess.exitStatus(process)).as(out).isZero();
    return out;
  }
}
