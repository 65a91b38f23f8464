package dev.myelin.gguf;

import org.jspecify.annotations.Nullable;

/** The types of metadata values. Immutable and thread-safe. */
public enum GgufValueType {
  U8(0, "u8", 1),
  I8(1, "i8", 1),
  U16(2, "u16", 2),
  I16(3, "i16", 2),
  U32(4, "u32", 4),
  I32(5, "i32", 4),
  F32(6, "f32", 4),
  BOOL(7, "bool", 1),
  STRING(8, "str", 0),
  ARRAY(9, "arr", 0),
  U64(10, "u64", 8),
  I64(11, "i64", 8),
  F64(12, "f64", 8);

  private static final GgufValueType[] BY_ID = values();

  private final int id;
  private final String shortName;
  private final int bytes;

  GgufValueType(int id, String shortName, int bytes) {
    this.id = id;
    this.shortName = shortName;
    this.bytes = bytes;
  }

  /** The number of this type in files. */
  public int id() {
    return id;
  }

  /** A short name: {@code u32}, {@code str}, {@code arr}. */
  public String shortName() {
    return shortName;
  }

  /** The size of a value in bytes; 0 for strings and arrays, which have no fixed size. */
  public int bytes() {
    return bytes;
  }

  public boolean isInteger() {
    return bytes > 0 && this != F32 && this != F64 && this != BOOL;
  }

  public boolean isFloat() {
    return this == F32 || this == F64;
  }

  /** The type with this id, or null. */
  static @Nullable GgufValueType ofId(int id) {
    return id < 0 || id >= BY_ID.length ? null : BY_ID[id];
  }
}
