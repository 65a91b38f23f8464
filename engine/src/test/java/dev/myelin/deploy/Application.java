package dev.myelin.deploy;

import dev.myelin.generate.GenerateOptions;
import dev.myelin.generate.Generator;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.model.Model;
import dev.myelin.quantize.Mixes;
import dev.myelin.quantize.QuantizeListener;
import dev.myelin.quantize.QuantizeOptions;
import dev.myelin.quantize.Quantizer;
import dev.myelin.sampling.SamplingOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;

/** The work of {@link DeployProbe}'s applications. */
final class Application implements Callable<String> {
  private final String work;
  private final Path file;

  Application(String what, String file) {
    this.work = what;
    this.file = Path.of(file);
  }

  /** Feeds tokens; with {@code all}, also generates text and quantises. */
  @Override
  public String call() throws IOException {
    StringBuilder result = new StringBuilder();
    SessionOptions options = SessionOptions.defaults().withThreads(1).withContextLength(300);
    try (Model model = Model.load(file);
        Session session = Session.open(model, options)) {
      for (int i = 0; i < 270; i++) {
        session.feed(i);
      }
      session.feed(1, 2, 3);
      if (work.equals("all")) {
        Generator generator = new Generator(session, SamplingOptions.defaults().withSeed(1));
        generator.generate("abc", GenerateOptions.tokens(5), result::append);
      }
    }
    if (work.equals("all")) {
      Path out = Files.createTempFile(file.getParent(), "out", ".gguf");
      new Quantizer(QuantizeOptions.of(Mixes.named("Q8_0").orElseThrow()).withThreads(1))
          .run(file, out, QuantizeListener.NONE);
      result.append(Files.size(out));
      Files.delete(out);
    }
    return result.toString();
  }
}
