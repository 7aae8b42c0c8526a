// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Phi4.Kernels;

/// <summary>A token with its bias (the bits of a float), or with how often the answer holds it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal record struct SamplingEntry(int Id, uint Value)
{
    public SamplingEntry(int id, float bias)
        : this(id, BitConverter.SingleToUInt32Bits(bias))
    {
    }
}
