// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cuda.Driver;

/// <summary>How many blocks and threads a kernel runs on.</summary>
/// <param name="GridX">Blocks; with the other two, never 0.</param>
/// <param name="GridY">Blocks in the second direction.</param>
/// <param name="GridZ">Blocks in the third direction.</param>
/// <param name="Block">Threads of a block, a multiple of 32.</param>
/// <param name="SharedBytes">Dynamic shared memory of a block.</param>
/// <param name="Overlaps">
/// May start before what precedes it in the stream has ended. Only for kernels that wait by themselves before they touch anything that others write.
/// </param>
internal readonly record struct LaunchShape(int GridX, int GridY, int GridZ, int Block, int SharedBytes = 0, bool Overlaps = false)
{
    public override string ToString() => $"{GridX} x {GridY} x {GridZ} blocks of {Block} threads with {SharedBytes} shared bytes";
}
