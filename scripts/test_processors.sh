#!/bin/sh
# Run the tests that compute as they would run on other processors. PyTorch, oneDNN, MKL, OpenBLAS, NumPy and Numba are each
# told to use the instructions of one family only. Tests that measure time are left out.
# Usage: test_processors.sh PYTHON [PYTEST ARGUMENTS]    FAMILIES="sse avx2" test_processors.sh .venv/bin/python tests/index
set -u
python=$1
shift
[ $# -gt 0 ] || set -- tests/index tests/evaluation tests/benchmarks tests/worker tests/model
# Numba keeps its machine code here, so that the checkout's own cache stays as it is.
caches=$(mktemp -d)
trap 'rm -rf "$caches"' EXIT

has() {
    for flag in "$@"; do
        grep -qw "$flag" /proc/cpuinfo || return 1
    done
}

# run_as FAMILY VARIABLE=VALUE ...
run_as() {
    family=$1
    shift
    echo "== $family: $*"
    env "$@" NUMBA_CPU_FEATURES= NUMBA_CACHE_DIR="$caches/$family" \
        "$python" -m pytest -p no:cacheprovider -p tests.processor_family -m "not alone" -q $arguments
}

failed=""
arguments=$*
for family in ${FAMILIES:-sse avx2 avx512 amx}; do
    case $family in
    sse)
        run_as sse LOOKALIKE_TEST_BFLOAT16=no ATEN_CPU_CAPABILITY=default ONEDNN_MAX_CPU_ISA=SSE41 \
            MKL_ENABLE_INSTRUCTIONS=SSE4_2 OPENBLAS_CORETYPE=Nehalem NUMBA_CPU_NAME=generic \
            NPY_DISABLE_CPU_FEATURES="X86_V3 X86_V4 AVX512_ICL AVX512_SPR"
        ;;
    avx2)
        has avx2 || { echo "== avx2: this processor cannot run it"; continue; }
        run_as avx2 LOOKALIKE_TEST_BFLOAT16=no ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2 \
            MKL_ENABLE_INSTRUCTIONS=AVX2 OPENBLAS_CORETYPE=Haswell NUMBA_CPU_NAME=haswell \
            NPY_DISABLE_CPU_FEATURES="X86_V4 AVX512_ICL AVX512_SPR"
        ;;
    avx512)
        has avx512f avx512bw avx512vl || { echo "== avx512: this processor cannot run it"; continue; }
        run_as avx512 LOOKALIKE_TEST_BFLOAT16=no ATEN_CPU_CAPABILITY=avx512 ONEDNN_MAX_CPU_ISA=AVX512_CORE \
            MKL_ENABLE_INSTRUCTIONS=AVX512 OPENBLAS_CORETYPE=SkylakeX NUMBA_CPU_NAME=skylake-avx512 \
            NPY_DISABLE_CPU_FEATURES="AVX512_ICL AVX512_SPR"
        ;;
    amx)
        has amx_tile avx512_bf16 || { echo "== amx: this processor cannot run it"; continue; }
        run_as amx ATEN_CPU_CAPABILITY=avx512 ONEDNN_MAX_CPU_ISA=DEFAULT NUMBA_CPU_NAME=sapphirerapids
        ;;
    *)
        echo "test_processors.sh: there is no family '$family'; choose among: sse avx2 avx512 amx" >&2
        exit 2
        ;;
    esac || failed="$failed $family"
done
[ -z "$failed" ] || { echo "Tests failed as on:$failed"; exit 1; }
