package dev.myelin.bindings.peer;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.myelin.bindings.NativeSymbols;
import dev.myelin.bindings.llama.llama_batch;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;

/**
 * libllama's functions for encoders and embeddings, which the generated bindings lack. {@link
 * LlamaCpp} checks that the library has them before any is called. Thread-safe, unlike the contexts
 * that they take.
 */
final class EncoderFunctions {
  static final List<String> NAMES =
      List.of(
          "llama_encode",
          "llama_get_embeddings_ith",
          "llama_get_embeddings_seq",
          "llama_model_n_embd_out",
          "llama_model_n_cls_out",
          "llama_model_has_encoder",
          "llama_model_has_decoder");

  private static final MethodHandle ENCODE =
      bind("llama_encode", FunctionDescriptor.of(JAVA_INT, ADDRESS, llama_batch.layout()));
  private static final MethodHandle EMBEDDINGS_ITH =
      bind("llama_get_embeddings_ith", FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT));
  private static final MethodHandle EMBEDDINGS_SEQ =
      bind("llama_get_embeddings_seq", FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT));
  private static final MethodHandle N_EMBD_OUT = bindGetter("llama_model_n_embd_out");
  private static final MethodHandle N_CLS_OUT = bindGetter("llama_model_n_cls_out");
  private static final MethodHandle HAS_ENCODER = bindPredicate("llama_model_has_encoder");
  private static final MethodHandle HAS_DECODER = bindPredicate("llama_model_has_decoder");

  private EncoderFunctions() {}

  /** {@code int32_t llama_encode(struct llama_context *, struct llama_batch)}. */
  static int encode(MemorySegment context, MemorySegment batch) {
    try {
      return (int) ENCODE.invokeExact(context, batch);
    } catch (Throwable e) {
      throw cannotThrow(e);
    }
  }

  /** {@code float *llama_get_embeddings_ith(struct llama_context *, int32_t)}. */
  static MemorySegment embeddings(MemorySegment context, int index) {
    try {
      return (MemorySegment) EMBEDDINGS_ITH.invokeExact(context, index);
    } catch (Throwable e) {
      throw cannotThrow(e);
    }
  }

  /** {@code float *llama_get_embeddings_seq(struct llama_context *, llama_seq_id)}. */
  static MemorySegment pooled(MemorySegment context, int sequence) {
    try {
      return (MemorySegment) EMBEDDINGS_SEQ.invokeExact(context, sequence);
    } catch (Throwable e) {
      throw cannotThrow(e);
    }
  }

  /** {@code int32_t llama_model_n_embd_out(const struct llama_model *)}. */
  static int outputWidth(MemorySegment model) {
    return get(N_EMBD_OUT, model);
  }

  /** {@code uint32_t llama_model_n_cls_out(const struct llama_model *)}. */
  static int classes(MemorySegment model) {
    return get(N_CLS_OUT, model);
  }

  /** {@code bool llama_model_has_encoder(const struct llama_model *)}. */
  static boolean hasEncoder(MemorySegment model) {
    return test(HAS_ENCODER, model);
  }

  /** {@code bool llama_model_has_decoder(const struct llama_model *)}. */
  static boolean hasDecoder(MemorySegment model) {
    return test(HAS_DECODER, model);
  }

  private static int get(MethodHandle getter, MemorySegment model) {
    try {
      return (int) getter.invokeExact(model);
    } catch (Throwable e) {
      throw cannotThrow(e);
    }
  }

  private static boolean test(MethodHandle predicate, MemorySegment model) {
    try {
      return (boolean) predicate.invokeExact(model);
    } catch (Throwable e) {
      throw cannotThrow(e);
    }
  }

  private static MethodHandle bindGetter(String name) {
    return bind(name, FunctionDescriptor.of(JAVA_INT, ADDRESS));
  }

  private static MethodHandle bindPredicate(String name) {
    return bind(name, FunctionDescriptor.of(JAVA_BOOLEAN, ADDRESS));
  }

  private static MethodHandle bind(String name, FunctionDescriptor descriptor) {
    return Linker.nativeLinker()
        .downcallHandle(NativeSymbols.lookup().findOrThrow(name), descriptor);
  }

  private static AssertionError cannotThrow(Throwable e) {
    return new AssertionError("a native function cannot throw", e);
  }
}
