package dev.myelin.graph;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.natives.CpuInfo;
import dev.myelin.testing.ChildJvm;
import java.util.List;
import org.junit.jupiter.api.Test;

class ThreadsTest {
  /** Main program of the child process: prints the default number of threads, and that of 64. */
  static final class Probe {
    public static void main(String[] args) {
      System.out.println(Threads.effective(0, false) + " " + Threads.effective(64, false));
    }
  }

  @Test
  void defaultIsThePhysicalCoresThatTheProcessMayUse() {
    assertThat(Threads.effective(0, false))
        .isEqualTo(CpuInfo.physicalCores())
        .isBetween(1, Runtime.getRuntime().availableProcessors());
  }

  /** The JVM derives the number from the CPU quota of its control group, if no option sets it. */
  @Test
  void atMostAsManyAsTheJvmSees() throws Exception {
    String threads = ChildJvm.run(Probe.class, 60, List.of("-XX:ActiveProcessorCount=1"));
    assertThat(threads.strip()).isEqualTo("1 1");
  }
}
