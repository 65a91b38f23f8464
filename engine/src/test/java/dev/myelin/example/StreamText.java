package dev.myelin.example;

import dev.myelin.generate.GenerateOptions;
import dev.myelin.generate.Generator;
import dev.myelin.generate.Session;
import dev.myelin.generate.TextSink;
import dev.myelin.model.Model;
import dev.myelin.sampling.SamplingOptions;
import java.nio.file.Path;

/** The example in the README: between the two marks it must be the same, letter by letter. */
final class StreamText {
  private StreamText() {}

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
