// SPDX-License-Identifier: MIT
namespace Phi4.Kernels;

/// <summary>Operations that belong together, asked of a backend one after the other.</summary>
internal interface IStepWork
{
    /// <summary>Asks for all of them. Writes nothing to the backend and reads nothing from it: that comes before and after.</summary>
    void Run();
}
