import { useState } from 'preact/hooks';
import { jobFileUrl, startCapture, stopJob } from '../api';
import { bytes, num } from '../format';
import { useOrder } from '../hooks';
import { plural, t } from '../i18n';
import { begin, follow, hasEnded, useJob } from '../jobs';
import type { Job } from '../types';
import { Choice } from './Choice';
import { Part } from './Part';
import { Progress } from './Progress';

const spans = ['1', '2', '5', '15', '30'] as const;

function Outcome({ job }: { job: Job<'capture'> }) {
  const { state, result, text } = job;
  const frames = result?.frames ?? 0;
  if (state === 'failed')
    return (
      <p class="form-error" role="alert">
        {t('captureFailed')} {text && <span lang="en">{text}</span>}
      </p>
    );
  return (
    <>
      <p role="status">{t('captureDone', { n: num(frames), frames: plural('frames', frames) })}</p>
      {frames === 0 && <p class="hint">{t('captureEmpty')}</p>}
      <a class="button primary" href={jobFileUrl(job.id)} download data-do="download">
        {t('download')}
        {result?.bytes != null && `, ${bytes(result.bytes)}`}
      </a>
    </>
  );
}

/** Records what the battery sends, for a bug report. */
export function Capture({ device }: { device: number }) {
  const what = `capture:${device}` as const;
  const job = useJob(what);
  const [minutes, setMinutes] = useState<(typeof spans)[number]>('2');
  const { busy, run, problem } = useOrder();
  const running = job !== null && !hasEnded(job);
  const onStart = () => run(() => begin(what, () => startCapture(device, Number(minutes))));
  const onStop = () => run(async () => job && follow(what, await stopJob(job.id)));
  return (
    <Part title={t('capture')} id="capture">
      <p class="hint">{t('captureHint')}</p>
      {running ? (
        <>
          <Progress label={t('capturing')} value={job.progress} />
          <p role="status" class="hint">
            {t(job.state === 'queued' && job.text ? 'jobQueued' : 'capturing')}
            {job.result?.frames != null && ` ${num(job.result.frames)} ${plural('frames', job.result.frames)}`}
          </p>
          <button class="button" type="button" data-do="stop-capture" disabled={busy} onClick={() => void onStop()}>
            {t('captureStop')}
          </button>
        </>
      ) : (
        <>
          {job && <Outcome job={job} />}
          <Choice
            name="minutes"
            label={t('captureMinutes')}
            value={minutes}
            options={spans.map((value) => ({ value, label: value }))}
            onChange={setMinutes}
          />
          <button class="button" type="button" data-do="capture" disabled={busy} onClick={() => void onStart()}>
            {t(job ? 'captureAgain' : 'captureStart')}
          </button>
        </>
      )}
      {problem && (
        <p class="form-error" role="alert">
          {problem}
        </p>
      )}
    </Part>
  );
}
