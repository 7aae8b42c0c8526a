// SPDX-License-Identifier: MIT
namespace Phi4.TestSupport.Cuda;

/// <summary>What runs when an emulated driver launches: the kernels' own sources compiled for this processor, or stand-ins written in a test.</summary>
internal interface IEmulatedKernels
{
    /// <summary>A kernel's number, or -1.</summary>
    int Find(string name);

    int ParameterBytes(int kernel);

    /// <summary>Runs a grid to its end.</summary>
    /// <returns>Null, or what went wrong.</returns>
    string? Launch(int kernel, EmulatedLaunch launch, ReadOnlySpan<byte> parameters);
}
