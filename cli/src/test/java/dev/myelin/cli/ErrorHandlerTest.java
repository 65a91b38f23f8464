package dev.myelin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ErrorHandlerTest {
  @Test
  void explainsThreadLimit() {
    // the JVM's message
    String reason =
        "unable to create native thread: possibly out of memory or process/resource limits reached";
    assertThat(ErrorHandler.message(new OutOfMemoryError(reason)))
        .isEqualTo(
            "cannot start a thread: the limit of the user (ulimit -u), the container or the address"
                + " space is reached");
  }

  @Test
  void explainsFullHeap() {
    assertThat(ErrorHandler.message(new OutOfMemoryError("Java heap space")))
        .isEqualTo("out of memory: Java heap space (MYELIN_JAVA_OPTS=-Xmx4g raises the limit)");
  }
}
