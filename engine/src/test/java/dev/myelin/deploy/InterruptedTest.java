package dev.myelin.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.file.InputFile;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.gguf.GgufFile;
import dev.myelin.model.Model;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomModel;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An interrupted thread can read files, and stays interrupted. */
class InterruptedTest {
  @TempDir Path folder;

  @AfterEach
  void clear() {
    Thread.interrupted();
  }

  @Test
  void interruptedThreadLoadsAndComputes() {
    Path file = RandomModel.small("llama").write(folder.resolve("model.gguf"));
    SessionOptions options = SessionOptions.defaults().withContextLength(300).withThreads(1);
    List<float[]> logits = new ArrayList<>();
    for (Checkpoint checkpoint : List.of(Checkpoint.of(file), Checkpoint.copyOf(file))) {
      Thread.currentThread().interrupt();
      try (Model model = Model.load(checkpoint);
          Session session = Session.open(model, options)) {
        logits.add(Logits.copy(session.feed(1, 2, 3)));
      }
      assertThat(Thread.interrupted()).isTrue();
    }
    assertThat(logits.getFirst()).isEqualTo(logits.getLast());
  }

  @Test
  void interruptedThreadOpensFile() {
    Path file = RandomModel.small("llama").write(folder.resolve("model.gguf"));
    Thread.currentThread().interrupt();
    try (GgufFile opened = GgufFile.open(file)) {
      assertThat(opened.tensors()).isNotEmpty();
    }
    assertThat(Thread.currentThread().isInterrupted()).isTrue();
  }

  /** A plain FileChannel would be closed for all threads when one is interrupted. */
  @Test
  void interruptDoesNotAffectOtherThreads() throws Exception {
    byte[] bytes = new byte[1 << 16];
    new Random(1).nextBytes(bytes);
    Path file = Files.write(folder.resolve("bytes"), bytes);
    AtomicInteger wrong = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    try (InputFile input = InputFile.open(file)) {
      for (int t = 0; t < 3; t++) {
        Thread thread =
            new Thread(
                () -> {
                  for (int i = 0; i < 300; i++) {
                    ByteBuffer read = ByteBuffer.allocate(1000);
                    try {
                      boolean all = input.read(read, i);
                      if (!all
                          || !Arrays.equals(read.array(), Arrays.copyOfRange(bytes, i, i + 1000))) {
                        wrong.incrementAndGet();
                      }
                    } catch (Exception e) {
                      wrong.incrementAndGet();
                    }
                  }
                });
        threads.add(thread);
        thread.start();
      }
      for (int i = 0; i < 200; i++) {
        threads.get(i % 2).interrupt();
        Thread.sleep(0, 200_000);
      }
      for (Thread thread : threads) {
        thread.join();
      }
      assertThat(wrong).hasValue(0);
      assertThat(input.read(ByteBuffer.allocate(10), bytes.length - 5)).isFalse();
    }
  }
}
