package dev.myelin.cli.train;

import dev.myelin.cli.chat.ChatRequest;
import dev.myelin.cli.io.Input;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.train.ChatSample;
import dev.myelin.train.TrainingText;
import dev.myelin.train.corpus.Corpus;
import dev.myelin.train.corpus.Document;
import dev.myelin.train.corpus.Split;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** Reads conversations to learn from: a file with a JSON object on each line. */
final class TrainChats {
  private TrainChats() {}

  /**
   * All conversations of a file, some of them held out.
   *
   * @param heldOut the share of the text that is not learned
   * @throws InvalidRequestException naming the file and the line of what is no conversation
   */
  static TrainingText read(Path file, double heldOut, long seed) {
    Map<Document, ChatSample> samples = new IdentityHashMap<>();
    List<Document> documents = new ArrayList<>();
    int number = 0;
    for (String line : (Iterable<String>) Input.file(file).lines()::iterator) {
      number++;
      if (!line.isBlank()) {
        String source = file + " line " + number;
        ChatRequest request = ChatRequest.parse(line, source);
        Document document = Document.of(source, line);
        documents.add(document);
        samples.put(document, new ChatSample(source, request.messages(), request.variables()));
      }
    }
    if (documents.isEmpty()) {
      throw new InvalidRequestException(
          file + ": holds no conversation, expected a JSON object on each line");
    }
    Split split =
        documents.size() == 1
            ? new Split(documents, List.of()) // of one conversation nothing can be held out
            : Split.of(new Corpus(documents), heldOut, seed);
    return TrainingText.of(of(split.training(), samples), of(split.heldOut(), samples));
  }

  private static List<ChatSample> of(List<Document> documents, Map<Document, ChatSample> samples) {
    return documents.stream().map(samples::get).toList();
  }
}
