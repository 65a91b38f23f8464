package dev.myelin.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.cli.ChildProcess;
import dev.myelin.testing.SharedData;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResidentWeightsTest {
  private static final String MODEL = SharedData.path("models/stories260K-Q8_0.gguf").toString();

  private static String run(String resident) throws Exception {
    String[] line = ("run " + MODEL + " -p Once -n 12 --temp 0 -t 1").split(" ");
    ProcessBuilder builder = ChildProcess.myelin(List.of(), (Object[]) line);
    builder.environment().put("MYELIN_RESIDENT_MB", resident);
    Process process = builder.redirectErrorStream(true).start();
    String output = ChildProcess.readRemaining(process.getInputStream());
    return ChildProcess.exitStatus(process) + output.lines().findFirst().orElse("");
  }

  @Test
  void streamedWeightsGiveTheSameText() throws Exception {
    String expected = run("all");
    assertThat(expected).startsWith("0");
    assertThat(run("0")).isEqualTo(expected);
    assertThat(run("x")).isEqualTo("1myelin: MYELIN_RESIDENT_MB x: expected megabytes, or all");
  }
}
