// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;
using Phi4;
using Phi4.RandomCheckpoint;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
using CancellationTokenSource cancellation = new();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    cancellation.Cancel();
};

try
{
    if (args.Length == 0 || args is ["--help" or "-h"])
    {
        Console.WriteLine(Arguments.Help);
        return args.Length == 0 ? 2 : 0;
    }

    Arguments arguments = Arguments.Parse(args);
    CheckpointSpec spec = CheckpointSpec.Create(arguments);
    Stopwatch watch = Stopwatch.StartNew();
    RandomCheckpointWriter.Write(spec, new ProgressLine(Console.Error), cancellation.Token);
    double seconds = watch.Elapsed.TotalSeconds;
    Console.WriteLine(
        $"{spec.Folder}: {spec.Config.ParameterCount:N0} parameters, {spec.ByteCount:N0} bytes, {spec.Shards.Count} file(s), " +
        $"{seconds:F1} s, {spec.ByteCount / seconds / 1e9:F2} GB/s");
    return 0;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("Cancelled; the files begun were deleted.");
    return 130;
}
catch (Exception e) when (e is Phi4Exception or ArgumentException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
