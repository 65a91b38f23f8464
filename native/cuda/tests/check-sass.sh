#!/bin/sh
# Prints registers and instructions of each kernel in the library's machine code, and fails if a kernel uses
# local memory (spills), or lacks the instructions that it was written for.
library=$1
PATH=$PATH:/usr/local/cuda/bin
if ! command -v cuobjdump > /dev/null 2>&1 || ! command -v nvdisasm > /dev/null 2>&1; then
    echo "skipped: cuobjdump and nvdisasm of the CUDA toolkit are not on the PATH"
    exit 77
fi
status=0
for arch in sm_80 sm_90; do
    { cuobjdump --gpu-architecture $arch --dump-resource-usage "$library"
      cuobjdump --gpu-architecture $arch --dump-sass "$library"; } | awk -v arch=$arch '
        # _ZN6myelin...decode_kernelILi12ELi4EE... is decode 12 4.
        function short(name,   kernel, numbers) {
            if (!match(name, /(decode|prefill|quantize|convert_to)(_f16)?_kernel/)) return name
            kernel = substr(name, RSTART, RLENGTH)
            sub(/_kernel/, "", kernel)
            numbers = substr(name, RSTART + RLENGTH)
            sub(/EE.*/, "", numbers)
            if (numbers !~ /^ILi/) return kernel
            gsub(/ILi|ELi/, " ", numbers)
            return kernel numbers
        }
        /^ *Function [^:]*:$/ && !/Function : / { name = short($2) ; next }
        /REG:/ { line = $0
            match(line, /REG:[0-9]+/); registers[name] = substr(line, RSTART + 4, RLENGTH - 4)
            match(line, /STACK:[0-9]+/); stack[name] = substr(line, RSTART + 6, RLENGTH - 6)
            match(line, /LOCAL:[0-9]+/); local[name] = substr(line, RSTART + 6, RLENGTH - 6); next }
        /Function : / { name = short($3); order[++count] = name; next }
        /HMMA/ { hmma[name]++ }
        /IDP\.4A/ { idp[name]++ }
        /LDGSTS/ { async[name]++ }
        /LDSM/ { ldsm[name]++ }
        /[ \t](LDL|STL)[. ]/ { spills[name]++ }
        END {
            printf "%-16s %5s %6s %6s %7s %5s %7s\n", arch, "regs", "HMMA", "LDSM", "IDP.4A", "async", "local"
            for (i = 1; i <= count; i++) {
                n = order[i]
                lost = stack[n] + local[n] + spills[n]
                printf "%-16s %5d %6d %6d %7d %5d %7d\n", n, registers[n], hmma[n], ldsm[n], idp[n], async[n], lost
                if (lost > 0 || registers[n] == 0) { print "  local memory in " n; bad = 1 }
                if (n ~ /^prefill/ && (hmma[n] == 0 || ldsm[n] == 0)) { print "  no tensor cores in " n; bad = 1 }
                if (n ~ /^decode [0-9]/ && (idp[n] == 0 || async[n] == 0)) { print "  no dp4a in " n; bad = 1 }
            }
            if (count < 32) { print "  " count " kernels, not 32"; bad = 1 }
            exit bad
        }' || status=1
done
exit $status
