package dev.myelin.state;

import dev.myelin.state.KvState.Scope;
import java.util.List;

/** The page tables of one sequence, one for each class. Confined to one thread at a time. */
final class SequenceTables {
  private final List<PageClass> classes;
  private final PageTable[] tables;

  SequenceTables(KvCache kv) {
    classes = kv.classes();
    tables = new PageTable[classes.size()];
    for (PageClass kind : classes) {
      tables[kind.index()] = new PageTable(kv, kind);
    }
  }

  PageTable get(PageClass kind) {
    return tables[kind.index()];
  }

  /** Reads the pages of another sequence, up to {@code length}, and those of its encoder. */
  void share(SequenceTables other, int length, int encoderLength) {
    for (PageClass kind : classes) {
      if (kind.scope() != Scope.PASS) {
        get(kind).share(other.get(kind), kind.scope() == Scope.ENCODER ? encoderLength : length);
      }
    }
  }

  /** Whether all that a token at {@code position} sees is held. */
  boolean holdsWindows(int position) {
    for (PageClass kind : classes) {
      if (kind.scope() == Scope.SEQUENCE
          && !get(kind).holds(kind.window().begin(position), position)) {
        return false;
      }
    }
    return true;
  }

  /** Makes positions [from, to) of a scope writable. */
  void write(Scope scope, int from, int to) {
    for (PageClass kind : classes) {
      if (kind.scope() == scope) {
        get(kind).write(from, to);
      }
    }
  }

  /** Drops the positions of a scope from {@code length} on. */
  void truncate(Scope scope, int length) {
    for (PageClass kind : classes) {
      if (kind.scope() == scope) {
        get(kind).truncate(length);
      }
    }
  }

  /** Drops the pages that no token from {@code position} on sees. */
  void dropUnseen(PageClass kind, int position) {
    if (kind.scope() == Scope.SEQUENCE && kind.window().isPresent()) {
      get(kind).dropBefore(kind.window().begin(position));
    }
  }

  void close() {
    for (PageTable table : tables) {
      table.truncate(0);
    }
  }
}
