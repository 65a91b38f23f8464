package dev.myelin.train.corpus;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A chunk of a document that can be tokenized separately. Documents are split before a space or a
 * line break between two letters, where every tokenizer splits too; if there is none within 4 MiB,
 * between any two characters. Immutable and thread-safe.
 *
 * @param from offset of the first byte
 * @param to offset after the last byte
 */
public record DocumentChunk(Document document, long from, long to) {
  static final int SIZE = 1 << 14;
  static final int MAX_SIZE = 1 << 22;

  static List<DocumentChunk> of(Document document) {
    List<DocumentChunk> chunks = new ArrayList<>();
    long from = 0;
    while (document.size() - from > SIZE + SIZE / 2) {
      long to = findBoundary(document, from);
      chunks.add(new DocumentChunk(document, from, to));
      from = to;
    }
    if (from < document.size()) {
      chunks.add(new DocumentChunk(document, from, document.size()));
    }
    return List.copyOf(chunks);
  }

  /** Splits several documents, in order. */
  public static List<DocumentChunk> of(List<Document> documents) {
    List<DocumentChunk> chunks = new ArrayList<>();
    documents.forEach(document -> chunks.addAll(document.chunks()));
    return chunks;
  }

  /** Whether this is the first chunk of its document. */
  public boolean isFirst() {
    return from == 0;
  }

  /** Whether this is the last chunk of its document. */
  public boolean isLast() {
    return to == document.size();
  }

  /** A copy of the UTF-8 bytes. */
  public byte[] bytes() {
    return document.bytes(from, to);
  }

  public String text() {
    return new String(bytes(), StandardCharsets.UTF_8);
  }

  private static long findBoundary(Document document, long from) {
    long end = Math.min(from + MAX_SIZE, document.size());
    for (long i = from + SIZE; i < end - 1; i++) {
      byte b = document.at(i);
      if ((b == ' ' || b == '\n')
          && Character.isLetter(codePointBefore(document, i))
          && Character.isLetter(codePointAt(document, i + 1))) {
        return i;
      }
    }
    while (end < document.size() && isContinuationByte(document.at(end))) {
      end--;
    }
    return end;
  }

  private static int codePointBefore(Document document, long end) {
    long start = end - 1;
    while (isContinuationByte(document.at(start))) {
      start--;
    }
    return document.part(start, end).text().codePointAt(0);
  }

  private static int codePointAt(Document document, long start) {
    long end = start + 1;
    while (end < document.size() && isContinuationByte(document.at(end))) {
      end++;
    }
    return document.part(start, end).text().codePointAt(0);
  }

  /** Whether a byte continues a UTF-8 character. */
  private static boolean isContinuationByte(byte b) {
    return (b & 0xc0) == 0x80;
  }
}
