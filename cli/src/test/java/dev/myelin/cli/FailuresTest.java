package dev.myelin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FailuresTest {
  @Test
  void aThreadThatCannotBeStartedIsNoMatterOfTheHeap() {
    // as the JVM words it
    String reason =
        "unable to create native thread: possibly out of memory or process/resource limits reached";
    assertThat(Failures.message(new OutOfMemoryError(reason)))
        .isEqualTo(
            "cannot start a thread: a limit of the user (ulimit -u), the container or the address"
                + " space allows no more");
  }

  @Test
  void aHeapThatIsFullMayBeMadeLarger() {
    assertThat(Failures.message(new OutOfMemoryError("Java heap space")))
        .isEqualTo("out of memory: Java heap space (MYELIN_JAVA_OPTS=-Xmx4g allows more)");
  }
}
