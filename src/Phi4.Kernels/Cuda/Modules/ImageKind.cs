// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cuda.Modules;

/// <summary>What a module comes as.</summary>
internal enum ImageKind
{
    /// <summary>Text that the driver compiles.</summary>
    Ptx,

    /// <summary>What one kind of device runs.</summary>
    Cubin,
}
