import { useState } from 'preact/hooks';
import { remove } from '../devices';
import { useOrder } from '../hooks';
import { t } from '../i18n';
import { followNumber } from '../jobs';
import { tell } from '../notice';
import { focusHeading } from '../router';
import type { DeviceConfig } from '../types';
import { Dialog } from './Dialog';

const histories = ['keep', 'remove'] as const;

interface DialogProps {
  device: DeviceConfig;
  onClose: () => void;
  /** What is shown then; the page stays, if not said. */
  onRemoved?: (() => void) | undefined;
}

/** Asks what shall become of the history; kept unless said otherwise. */
export function RemoveDialog({ device, onClose, onRemoved = focusHeading }: DialogProps) {
  const [history, setHistory] = useState<(typeof histories)[number]>('keep');
  const { busy, run, problem } = useOrder();
  const { name } = device;
  const onYes = () =>
    run(async () => {
      const job = await remove(device.id, history);
      if (job !== null) followNumber('forget', job);
      onRemoved();
      tell(() => t(history === 'keep' ? 'removedKept' : 'removedAll', { name }));
    });
  return (
    <Dialog id="remove" title={t('removeTitle', { name })} onClose={onClose}>
      <p>{t('removeText')}</p>
      <fieldset class="radios">
        <legend>{t('itsHistory')}</legend>
        {histories.map((h) => (
          <label key={h}>
            <input type="radio" name="history" value={h} checked={h === history} onChange={() => setHistory(h)} />
            <span>
              <b>{t(h === 'keep' ? 'historyKeep' : 'historyRemove')}</b>
              <small>{t(h === 'keep' ? 'historyKeepHint' : 'historyRemoveHint')}</small>
            </span>
          </label>
        ))}
      </fieldset>
      <p class="form-error" role="alert">
        {problem}
      </p>
      <div class="answers">
        <button class="button" type="button" onClick={onClose}>
          {t('cancel')}
        </button>
        <button class="button danger" type="button" data-do="confirm" disabled={busy} onClick={() => void onYes()}>
          {t(history === 'keep' ? 'removeKeep' : 'removeAll')}
        </button>
      </div>
    </Dialog>
  );
}
