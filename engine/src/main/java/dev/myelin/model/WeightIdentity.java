package dev.myelin.model;

import dev.myelin.adapter.AdapterFile;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.model.weights.WeightSource;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;

/**
 * A hash that tells models apart: SHA-256 of each file's size, of checksums of its header with the
 * tensor table, and of 64 blocks of 4 KB that are spread over its tensors; of the model, then of
 * each adapter with its scale. Files that differ elsewhere only have the same identity.
 */
final class WeightIdentity {
  private static final int BLOCKS = 64;
  private static final int BLOCK_BYTES = 4096;
  private static final int CHUNK_BYTES = 1 << 20;

  private WeightIdentity() {}

  /** The identity, 64 hexadecimal digits. */
  static String of(GgufFile model, WeightSource weights) {
    if (weights.isTrainable()) {
      throw new InvalidRequestException(
          model.path() + ": its weights are being trained: expected a model whose weights stay");
    }
    MessageDigest hash = sha256();
    add(model, hash);
    for (AdapterFile adapter : weights.adapterFiles()) {
      addLong(Float.floatToIntBits(adapter.scale()), hash);
      add(adapter.file(), hash);
    }
    return HexFormat.of().formatHex(hash.digest());
  }

  private static void add(GgufFile file, MessageDigest hash) {
    List<MemorySegment> parts = file.parts();
    addLong(parts.size(), hash);
    for (int i = 0; i < parts.size(); i++) {
      MemorySegment bytes = parts.get(i);
      addLong(bytes.byteSize(), hash);
      long header = headerBytes(file, i, bytes.byteSize());
      addSums(bytes.asSlice(0, header), hash);
      addBlocks(bytes.asSlice(header), hash);
    }
  }

  /** Everything before the first tensor of a part. */
  private static long headerBytes(GgufFile file, int part, long size) {
    long first = size;
    for (TensorInfo tensor : file.tensors()) {
      if (tensor.part() == part) {
        first = Math.min(first, tensor.offset());
      }
    }
    return first;
  }

  private static void addBlocks(MemorySegment data, MessageDigest hash) {
    long last = data.byteSize() - BLOCK_BYTES;
    if (last < (long) BLOCKS * BLOCK_BYTES) {
      add(data, hash);
      return;
    }
    for (int i = 0; i < BLOCKS; i++) {
      long begin = last / BLOCKS * i;
      long end = i == BLOCKS - 1 ? last : last / BLOCKS * (i + 1);
      // not the same place in each layer
      long at = begin + Long.remainderUnsigned(mix(i), end - begin + 1);
      add(data.asSlice(at, BLOCK_BYTES), hash);
    }
  }

  /** The finalizer of SplitMix64 (Steele et al. 2014). */
  private static long mix(int i) {
    long z = (i + 1) * 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  /**
   * Adds two checksums of each megabyte: a header of 10 MB would take SHA-256 100 ms in a process
   * that has just started.
   */
  private static void addSums(MemorySegment bytes, MessageDigest hash) {
    for (long at = 0; at < bytes.byteSize(); at += CHUNK_BYTES) {
      ByteBuffer chunk =
          bytes.asSlice(at, Math.min(CHUNK_BYTES, bytes.byteSize() - at)).asByteBuffer();
      CRC32C castagnoli = new CRC32C();
      castagnoli.update(chunk.duplicate());
      CRC32 ieee = new CRC32();
      ieee.update(chunk);
      addLong(castagnoli.getValue() << Integer.SIZE | ieee.getValue(), hash);
    }
  }

  private static void add(MemorySegment bytes, MessageDigest hash) {
    for (long at = 0; at < bytes.byteSize(); at += CHUNK_BYTES) {
      long count = Math.min(CHUNK_BYTES, bytes.byteSize() - at);
      hash.update(bytes.asSlice(at, count).asByteBuffer());
    }
  }

  /** The identity of weights whose adapters have other scales. */
  static String withScales(String identity, List<Float> scales) {
    MessageDigest hash = sha256();
    hash.update(identity.getBytes(StandardCharsets.US_ASCII));
    for (float scale : scales) {
      addLong(Float.floatToIntBits(scale), hash);
    }
    return HexFormat.of().formatHex(hash.digest());
  }

  private static void addLong(long value, MessageDigest hash) {
    hash.update(ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(0, value));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JVM has SHA-256", e);
    }
  }
}
