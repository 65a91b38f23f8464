/** Bindings of ggml, libmyelin, libmyelin-cuda and libllama: internal to Myelin. */
module dev.myelin.bindings {
  // a natives jar on the module path is resolved with this module
  uses dev.myelin.bindings.NativesModule;

  exports dev.myelin.bindings to
      dev.myelin.engine,
      dev.myelin.cli,
      dev.myelin.benches,
      dev.myelin.natives.linux.x86_64,
      dev.myelin.natives.linux.aarch64,
      dev.myelin.natives.macos.x86_64,
      dev.myelin.natives.macos.aarch64,
      dev.myelin.natives.windows.x86_64;
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
