package dev.myelin.example;

import dev.myelin.generate.GenerateOptions;
import dev.myelin.generate.Generator;
import dev.myelin.generate.Session;
import dev.myelin.generate.TextSink;
import dev.myelin.model.Model;
import dev.myelin.sampling.SamplingOptions;
import java.nio.file.Path;

/** The example in the README, which must equal the code between the two comments. */
final class StreamTextExample {
  private StreamTextExample() {}

  static void main(Path file, TextSink out) {
    // example
    try (Model model = Model.load(file);
        Session session = Session.open(model)) {
      Generator generator = new Generator(session, SamplingOptions.greedy());
      generator.generate("Once upon a time", GenerateOptions.tokens(64), out);
    }
    // end
  }
}
