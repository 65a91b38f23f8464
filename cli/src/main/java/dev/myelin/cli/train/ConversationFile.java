package dev.myelin.cli.train;

import dev.myelin.cli.io.ChatRequest;
import dev.myelin.cli.io.TextInput;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.train.ChatSample;
import dev.myelin.train.TrainingText;
import dev.myelin.train.corpus.Corpus;
import dev.myelin.train.corpus.Document;
import dev.myelin.train.corpus.ValidationSplit;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** Reads conversations to train on: a file with one JSON object per line. */
final class ConversationFile {
  private ConversationFile() {}

  /**
   * Reads all conversations of a file and splits them.
   *
   * @param validationFraction the fraction of the text used for validation
   * @throws InvalidRequestException with the file and the line of an invalid conversation
   */
  static TrainingText read(Path file, double validationFraction, long seed) {
    Map<Document, ChatSample> samples = new IdentityHashMap<>();
    List<Document> documents = new ArrayList<>();
    int number = 0;
    for (String line : (Iterable<String>) TextInput.readFile(file).lines()::iterator) {
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
          file + ": no conversations, expected one JSON object per line");
    }
    ValidationSplit split =
        documents.size() == 1
            ? new ValidationSplit(documents, List.of()) // a single conversation is not split
            : ValidationSplit.of(new Corpus(documents), validationFraction, seed);
    return TrainingText.of(of(split.training(), samples), of(split.validation(), samples));
  }

  private static List<ChatSample> of(List<Document> documents, Map<Document, ChatSample> samples) {
    return documents.stream().map(samples::get).toList();
  }
}
