package dev.myelin.train.corpus;

import dev.myelin.error.InvalidRequestException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The documents of a text file or a folder, in order. The text is held off-heap, with as many bytes
 * as the files, and is freed when no document is reachable. Immutable and thread-safe.
 *
 * <p>Files are UTF-8; a byte order mark is dropped. CR LF is converted to LF, so that a model does
 * not learn the line endings of an editor. All other characters are kept. A line that is exactly
 * {@code <|endoftext|>} ends a document, and so does the end of a file; the line break before it is
 * not part of the document. Blank documents are dropped.
 *
 * @param documents at least one
 */
public record Corpus(List<Document> documents) {
  /** The line between two documents of a file. */
  public static final String SEPARATOR = "<|endoftext|>";

  private static final MemorySegment SEPARATOR_BYTES =
      MemorySegment.ofArray(SEPARATOR.getBytes(StandardCharsets.US_ASCII));

  /**
   * @throws InvalidRequestException if there is no document
   */
  public Corpus {
    documents = List.copyOf(documents);
    if (documents.isEmpty()) {
      throw new InvalidRequestException("no documents: expected text");
    }
  }

  /**
   * Reads a text file, or the regular files of a folder and its subfolders in the order of their
   * names. Hidden files and folders (names that start with a dot) are skipped; links are followed.
   *
   * @throws InvalidRequestException if a file is not UTF-8 (the message names file and byte), or if
   *     there is no text
   */
  public static Corpus read(Path path) {
    List<Document> documents = new ArrayList<>();
    for (Path file : files(path)) {
      addDocuments(file, TextFile.read(file), documents);
    }
    if (documents.isEmpty()) {
      throw new InvalidRequestException(path + ": no text: expected text to train on");
    }
    return new Corpus(documents);
  }

  /** Whether a file, which need not exist, would be read as part of a folder. */
  public static boolean contains(Path folder, Path file) {
    return new TextFolder(folder).contains(file);
  }

  /** Size of all documents in bytes. */
  public long size() {
    return size(documents);
  }

  static long size(List<Document> documents) {
    return documents.stream().mapToLong(Document::size).sum();
  }

  /**
   * The files that {@link #read} reads.
   *
   * @throws InvalidRequestException if a folder cannot be read
   */
  public static List<Path> files(Path path) {
    return Files.isDirectory(path) ? new TextFolder(path).files() : List.of(path);
  }

  private static void addDocuments(Path file, MemorySegment text, List<Document> documents) {
    String source = file.toString();
    long start = 0;
    for (long line = 0; line < text.byteSize(); ) {
      long end = lineEnd(text, line);
      if (isSeparator(text, line, end)) {
        add(source, text, start, line, documents);
        start = Math.min(end + 1, text.byteSize());
      }
      line = end + 1;
    }
    add(source, text, start, text.byteSize(), documents);
  }

  private static void add(
      String source, MemorySegment text, long from, long to, List<Document> documents) {
    boolean endsWithLineFeed = to > from && text.get(ValueLayout.JAVA_BYTE, to - 1) == '\n';
    long end = endsWithLineFeed ? to - 1 : to;
    Document document = new Document(source, text.asSlice(from, end - from));
    if (!document.isBlank()) {
      documents.add(document);
    }
  }

  private static long lineEnd(MemorySegment text, long from) {
    long end = from;
    while (end < text.byteSize() && text.get(ValueLayout.JAVA_BYTE, end) != '\n') {
      end++;
    }
    return end;
  }

  private static boolean isSeparator(MemorySegment text, long from, long to) {
    return to - from == SEPARATOR_BYTES.byteSize()
        && text.asSlice(from, to - from).mismatch(SEPARATOR_BYTES) < 0;
  }
}
