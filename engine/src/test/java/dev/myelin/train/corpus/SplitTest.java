package dev.myelin.train.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.InvalidRequestException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is held out: by document, or the end of a single one. */
class SplitTest {
  @ParameterizedTest
  @ValueSource(doubles = {0.01, 0.1, 0.25, 0.5})
  void wholeDocumentsUpToTheFraction(double fraction) {
    Corpus corpus = corpus(200);
    Split split = Split.of(corpus, fraction, 7);
    assertThat(size(split.heldOut())).isLessThanOrEqualTo((long) (fraction * corpus.size()));
    assertThat(size(split.heldOut())).isGreaterThan((long) (fraction * corpus.size()) - 10);
    assertThat(split.training()).doesNotContainAnyElementsOf(split.heldOut());
    List<Document> all = new ArrayList<>(split.training());
    all.addAll(split.heldOut());
    assertThat(all).containsExactlyInAnyOrderElementsOf(corpus.documents());
    assertThat(split.training()).isSubsetOf(corpus.documents()).isNotEmpty();
    // in the order of the corpus
    List<Document> ordered = new ArrayList<>(corpus.documents());
    ordered.retainAll(split.heldOut());
    assertThat(split.heldOut()).isEqualTo(ordered);
  }

  @Test
  void theSeedDecides() {
    Corpus corpus = corpus(100);
    assertThat(Split.of(corpus, 0.1, 1)).isEqualTo(Split.of(corpus, 0.1, 1));
    assertThat(Split.of(corpus, 0.1, 1)).isNotEqualTo(Split.of(corpus, 0.1, 2));
  }

  @Test
  void atLeastOneIfAny() {
    Corpus two = new Corpus(List.of(Document.of("a", "long ".repeat(99)), Document.of("b", "x")));
    assertThat(Split.of(two, 1e-9, 0).heldOut()).extracting(Document::source).containsExactly("b");
    Corpus equal = new Corpus(List.of(Document.of("a", "x"), Document.of("b", "x")));
    assertThat(Split.of(equal, 1e-9, 0).heldOut()).hasSize(1);
    assertThat(Split.of(equal, 0.5, 0).heldOut()).hasSize(1);
    assertThat(Split.of(equal, 0, 0)).isEqualTo(new Split(equal.documents(), List.of()));
  }

  @Test
  void oneDocumentIsCutAtALine() {
    String text = "a line of text\n".repeat(100);
    Split split = Split.of(one(text), 0.1, 0);
    assertThat(text(split.training())).isEqualTo("a line of text\n".repeat(90));
    assertThat(text(split.heldOut())).isEqualTo("a line of text\n".repeat(10));
  }

  @Test
  void orAtAWordOrACharacter() {
    String words = "first line\n" + "word ".repeat(200);
    Split split = Split.of(one(words), 0.1, 0);
    assertThat(text(split.training()) + text(split.heldOut())).isEqualTo(words);
    assertThat(text(split.heldOut())).startsWith("word ").hasSizeBetween(100, 155);
    String letters = "\u20ac".repeat(1000);
    split = Split.of(one(letters), 0.3333, 0);
    assertThat(text(split.training()) + text(split.heldOut())).isEqualTo(letters);
    assertThat(text(split.heldOut())).hasSizeBetween(333, 335);
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "\ud83d\ude00", "x \n \n"})
  void tooShort(String text) {
    assertThatThrownBy(() -> Split.of(one(text), 0.5, 0))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("expected more text to hold out some of it");
    assertThat(Split.of(one(text), 0, 0).training()).hasSize(1);
  }

  @Test
  void shortestThatCanBeCut() {
    Split split = Split.of(one("xy"), 0.01, 0);
    assertThat(text(split.training())).isEqualTo("x");
    assertThat(text(split.heldOut())).isEqualTo("y");
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 0.51, 1, Double.NaN, Double.POSITIVE_INFINITY})
  void fractionsOutOfRange(double fraction) {
    assertThatThrownBy(() -> Split.of(one("a b c"), fraction, 0))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("held-out fraction = " + fraction + ": expected 0 to 0.5");
  }

  private static Corpus one(String text) {
    return new Corpus(List.of(Document.of("text", text)));
  }

  private static Corpus corpus(int documents) {
    List<Document> all = new ArrayList<>();
    for (int i = 0; i < documents; i++) {
      all.add(Document.of("d" + i, "x".repeat(1 + i % 50)));
    }
    return new Corpus(all);
  }

  private static long size(List<Document> documents) {
    return documents.stream().mapToLong(Document::size).sum();
  }

  private static String text(List<Document> documents) {
    assertThat(documents).hasSize(1);
    return documents.getFirst().text();
  }
}
