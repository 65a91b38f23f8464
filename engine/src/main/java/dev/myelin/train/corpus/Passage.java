package dev.myelin.train.corpus;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A part of a document whose words are those that it has in the whole. Documents are cut before a
 * space or a line break between two letters, where every tokenizer cuts too; only where a text has
 * none for 4 MiB, between any two characters.
 *
 * @param from its first byte
 * @param to the byte after its last
 */
public record Passage(Document document, long from, long to) {
  static final int SIZE = 1 << 14;
  static final int LONGEST = 1 << 22;

  static List<Passage> of(Document document) {
    List<Passage> passages = new ArrayList<>();
    long from = 0;
    while (document.size() - from > SIZE + SIZE / 2) {
      long to = cut(document, from);
      passages.add(new Passage(document, from, to));
      from = to;
    }
    if (from < document.size()) {
      passages.add(new Passage(document, from, document.size()));
    }
    return List.copyOf(passages);
  }

  /** Of several documents, in order. */
  public static List<Passage> of(List<Document> documents) {
    List<Passage> passages = new ArrayList<>();
    documents.forEach(document -> passages.addAll(document.passages()));
    return passages;
  }

  /** Whether the document begins here. */
  public boolean isFirst() {
    return from == 0;
  }

  /** Whether the document ends here. */
  public boolean isLast() {
    return to == document.size();
  }

  /** Its UTF-8, copied. */
  public byte[] bytes() {
    return document.bytes(from, to);
  }

  public String text() {
    return new String(bytes(), StandardCharsets.UTF_8);
  }

  private static long cut(Document document, long from) {
    long end = Math.min(from + LONGEST, document.size());
    for (long i = from + SIZE; i < end - 1; i++) {
      byte b = document.at(i);
      if ((b == ' ' || b == '\n')
          && Character.isLetter(before(document, i))
          && Character.isLetter(after(document, i + 1))) {
        return i;
      }
    }
    while (end < document.size() && continues(document.at(end))) {
      end--;
    }
    return end;
  }

  private static int before(Document document, long end) {
    long start = end - 1;
    while (continues(document.at(start))) {
      start--;
    }
    return document.part(start, end).text().codePointAt(0);
  }

  private static int after(Document document, long start) {
    long end = start + 1;
    while (end < document.size() && continues(document.at(end))) {
      end++;
    }
    return document.part(start, end).text().codePointAt(0);
  }

  /** Whether a byte goes on with a character that began before it. */
  private static boolean continues(byte b) {
    return (b & 0xc0) == 0x80;
  }
}
