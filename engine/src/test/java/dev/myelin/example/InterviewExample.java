package dev.myelin.example;

import dev.myelin.generate.ContextFullPolicy;
import dev.myelin.generate.Conversation;
import dev.myelin.generate.FinishReason;
import dev.myelin.generate.GenerateOptions;
import dev.myelin.generate.Generation;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.model.Model;
import dev.myelin.sampling.SamplingOptions;
import java.nio.file.Path;
import java.util.List;

/** The example in docs/library.md, which must equal the code between the two comments. */
final class InterviewExample {
  private InterviewExample() {}

  static int main(Path file, List<String> questions, StringBuilder out) {
    // example
    SessionOptions options = SessionOptions.defaults().withContextLength(2048);
    try (Model model = Model.load(file);
        Session session = Session.open(model, options)) {
      Conversation conversation =
          new Conversation(
              session, SamplingOptions.greedy(), "Answer briefly.", ContextFullPolicy.DROP_OLDEST);
      for (String question : questions) {
        Generation reply =
            conversation.reply(question, GenerateOptions.tokens(200), text -> out.append(text));
        if (reply.reason() == FinishReason.LENGTH) {
          out.append(" ...");
        }
        out.append('\n');
      }
      return conversation.messages().size(); // the system prompt, and two for each question
    }
    // end
  }
}
