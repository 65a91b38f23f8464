package dev.myelin.deploy;

import dev.myelin.adapter.Adapter;
import dev.myelin.error.ModelFileException;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.gguf.GgufFile;
import dev.myelin.inspect.Histograms;
import dev.myelin.model.Model;
import dev.myelin.quantize.Mixes;
import dev.myelin.quantize.PlannedTensor;
import dev.myelin.quantize.QuantizeListener;
import dev.myelin.quantize.QuantizeOptions;
import dev.myelin.quantize.Quantizer;
import dev.myelin.testing.Logits;
import dev.myelin.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;

/** Main program of {@link ChangedFileTest}'s child processes. */
final class ChangedFileProbe {
  private static final int[] PROMPT = Logits.randomTokens(20, 320, 1);

  private final String scenario;
  private final Path file;
  private final Path other;

  private ChangedFileProbe(String how, Path file, Path other) {
    this.scenario = how;
    this.file = file;
    this.other = other;
  }

  public static void main(String[] args) throws Exception {
    ChangedFileProbe probe = new ChangedFileProbe(args[0], Path.of(args[1]), Path.of(args[2]));
    switch (args[0]) {
      case "inspected" -> probe.inspect();
      case "copied" -> probe.copy();
      case "metadata", "vocabulary" -> probe.withoutNativeCode();
      case "quantised" -> probe.quantise();
      default -> probe.compute();
    }
    System.out.println("closed");
  }

  private void compute() throws Exception {
    Checkpoint from = scenario.equals("in-memory") ? Checkpoint.copyOf(file) : Checkpoint.of(file);
    List<Adapter> adapters =
        scenario.equals("shortened-adapter") ? List.of(Adapter.of(other)) : List.of();
    SessionOptions options = SessionOptions.defaults().withContextLength(300).withThreads(2);
    try (Model model = Model.load(from, adapters);
        Session session = Session.open(model, options)) {
      float[] before = Logits.copy(session.feed(PROMPT));
      System.out.println("before");
      if (scenario.equals("shortened-meanwhile")) {
        changedMeanwhile(session);
      } else {
        change();
        report(session, before);
      }
      report(session, before);
    }
  }

  /** Feeds the same tokens again and prints whether the logits are the same. */
  private static void report(Session session, float[] before) {
    try {
      session.truncate(0);
      float[] after = Logits.copy(session.feed(PROMPT));
      System.out.println(Arrays.equals(before, after) ? "the same" : "others");
    } catch (ModelFileException e) {
      System.out.println(e.getMessage());
    }
  }

  private void changedMeanwhile(Session session) throws Exception {
    Thread changing =
        new Thread(
            () -> {
              try {
                Thread.sleep(20);
                shorten(file, 8192);
              } catch (IOException | InterruptedException e) {
                System.out.println(e);
              }
            });
    changing.start();
    try {
      while (true) {
        session.truncate(0);
        session.feed(PROMPT);
      }
    } catch (ModelFileException e) {
      System.out.println(e.getMessage());
    }
    changing.join();
  }

  private void change() throws IOException, InterruptedException {
    switch (scenario) {
      case "shortened", "inspected", "copied" -> shorten(file, Files.size(file) / 2);
      case "shortened-adapter" -> shorten(other, Files.size(other) / 2);
      case "emptied", "in-memory" -> shorten(file, 0);
      case "overwritten" -> {
        Thread.sleep(20); // longer than the time resolution of the file system
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
          out.seek(Files.size(file) - 1000);
          out.write(1);
        }
      }
      case "replaced" -> {
        Path copy = Files.write(file.resolveSibling("copy"), new byte[10]);
        Files.move(copy, file, StandardCopyOption.REPLACE_EXISTING);
      }
      case "deleted" -> Files.delete(file);
      default -> throw new IllegalArgumentException(scenario);
    }
  }

  private static void shorten(Path file, long length) throws IOException {
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.setLength(length);
    }
  }

  private void inspect() throws Exception {
    try (GgufFile opened = GgufFile.open(file)) {
      var tensors = opened.tensors();
      Histograms.of(opened, tensors.getFirst());
      System.out.println("before");
      change();
      for (int i = 0; i < 2; i++) {
        try {
          Histograms.of(opened, tensors.getLast());
        } catch (ModelFileException e) {
          System.out.println(e.getMessage());
        }
      }
    }
  }

  private void copy() throws Exception {
    try (GgufFile opened = GgufFile.open(file)) {
      opened.watch();
      System.out.println("before");
      change();
      for (int i = 0; i < 2; i++) {
        try {
          Model.loadTrainable(opened);
        } catch (ModelFileException e) {
          System.out.println(e.getMessage());
        }
      }
    }
  }

  private void withoutNativeCode() throws Exception {
    try (GgufFile opened = GgufFile.open(file)) {
      System.out.println("before");
      shorten(file, 0);
      if (scenario.equals("vocabulary")) {
        Tokenizer.of(opened);
      } else {
        opened.metadata().array("tokenizer.ggml.tokens").string(0);
      }
    } catch (ModelFileException e) {
      System.out.println(e.getMessage());
    }
  }

  private void quantise() {
    QuantizeOptions options = QuantizeOptions.of(Mixes.named("Q4_0").orElseThrow()).withThreads(1);
    QuantizeListener listener =
        new QuantizeListener() {
          @Override
          public void tensor(PlannedTensor tensor, int index) {
            if (index == 3) {
              try {
                shorten(file, Files.size(file) / 4);
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            }
          }
        };
    try {
      new Quantizer(options).run(file, other, listener);
    } catch (ModelFileException e) {
      System.out.println(e.getMessage());
    }
  }
}
