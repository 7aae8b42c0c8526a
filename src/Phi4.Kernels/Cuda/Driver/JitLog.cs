// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Phi4.Kernels.Cuda.Driver;

/// <summary>Where the driver's compiler writes its complaints: the options that tell it so, and the text. In one place of memory until it is collected.</summary>
internal sealed unsafe class JitLog
{
    private const int TextBytes = 16 << 10;

    private readonly byte[] _text = GC.AllocateArray<byte>(TextBytes, pinned: true);
    private readonly CUjit_option[] _names = GC.AllocateArray<CUjit_option>(2, pinned: true);
    private readonly nint[] _values = GC.AllocateArray<nint>(2, pinned: true);

    public JitLog()
    {
        _names[0] = CUjit_option.CU_JIT_ERROR_LOG_BUFFER;
        _names[1] = CUjit_option.CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES;
        _values[0] = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_text));
        _values[1] = TextBytes;
    }

    public uint Count => (uint)_names.Length;

    public CUjit_option* Names => (CUjit_option*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_names));

    public void** Values => (void**)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_values));

    /// <summary>What has been written.</summary>
    public override string ToString()
    {
        int end = Array.IndexOf(_text, (byte)0);
        return Encoding.UTF8.GetString(_text, 0, end < 0 ? TextBytes : end);
    }
}
