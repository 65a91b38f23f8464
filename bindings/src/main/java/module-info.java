/** Bindings of ggml, libmyelin, libmyelin-cuda and libllama: internal to Myelin. */
module dev.myelin.bindings {
  exports dev.myelin.bindings to
      dev.myelin.engine,
      dev.myelin.cli,
      dev.myelin.benches;
  exports dev.myelin.bindings.loader to
      dev.myelin.engine,
      dev.myelin.cli,
      dev.myelin.benches;
  exports dev.myelin.bindings.ggml to
      dev.myelin.engine,
      dev.myelin.benches;
  exports dev.myelin.bindings.kernels to
      dev.myelin.engine,
      dev.myelin.benches;
  exports dev.myelin.bindings.cuda to
      dev.myelin.engine;
  exports dev.myelin.bindings.peer to
      dev.myelin.cli,
      dev.myelin.benches;
}
